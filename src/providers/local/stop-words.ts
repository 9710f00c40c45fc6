/** Languages whose function words are known: enough to tell them apart and to skip words that carry no topic. */
export const languageNames = {
  en: "English",
  de: "German",
  fr: "French",
  es: "Spanish",
  it: "Italian",
  pt: "Portuguese",
  nl: "Dutch",
} as const;

export type Language = keyof typeof languageNames;

export const stopWordsByLanguage: Readonly<Record<Language, ReadonlySet<string>>> = {
  en: toSet(
    "a about above after again against all also am an and any are aren't as at be because been before being below between both but by can can't cannot could couldn't did didn't do does doesn't doing don't down during each even ever every few for from further get gets getting go goes going got had has hasn't have haven't having he her here hers herself him himself his how however i i'd i'll i'm i've if in into is isn't it it's its itself just let like made make many may me might more most much must my myself new no nor not now of off on once one only or other our ours out over own per put quite rather really same say says said she should shouldn't since so some still such than that that's the their theirs them themselves then there there's these they they're this those though through to too two under until up upon us use used using very want was wasn't we we're we've well were weren't what when where whether which while who whom whose why will with within without won't would wouldn't yes yet you you'd you'll you're you've your yours yourself",
  ),
  de: toSet(
    "aber alle als also am an auch auf aus bei bis da das dass dem den der des die dies diese dieser doch du durch ein eine einem einen einer eines er es für gegen haben hat hatte ich ihr im in ist ja jede kann kein keine man mehr mit muss nach nicht noch nur ob oder ohne schon sein sich sie sind so über um und uns unter vom von vor war waren was weil wenn werden wie wird wir wurde zu zum zur zwischen",
  ),
  fr: toSet(
    "à au aussi aux avec ce ces cette comme dans de des du elle en est et été être eu il ils je la le les leur lui mais même nous ne on ont ou où par pas plus pour qu que qui sa sans se ses si son sont sur un une vous y était avait cela donc",
  ),
  es: toSet(
    "a al como con cual cuando de del desde donde el ella ellos en entre era es esta este esto fue ha han hasta hay la las le les lo los más me mi muy no nos o para pero por porque que quien se según ser si sin sobre son su sus también un una uno y ya está",
  ),
  it: toSet(
    "a al alla anche che chi ci come con da dal dalla degli dei del della delle di e è era gli ha hanno i il in la le lo ma nel nella non o per perché più quando questa questo se si sia sono su sul tra un una uno nell dell essere stato",
  ),
  pt: toSet(
    "a ao aos as até com como da das de do dos e é ela ele em entre era essa esse está foi há isso já lhe mais mas me na nas não no nos o os ou para pela pelo por qual quando que quem se sem ser seu sua são também tem um uma você",
  ),
  nl: toSet(
    "aan al als bij dan dat de der deze die dit door een en er had heb hebben heeft het hij hoe ik in is je kan maar me meer met mijn na naar niet nog nu of om onder ons ook op over te tot uit van veel voor was wat we werd wordt ze zich zij zijn zo zou",
  ),
};

// "die", "am", "so" and the like are words with a meaning elsewhere; a text that is not English still loses its own function words to ranking's rarity weights.
const everyLanguage = new Set(Object.values(stopWordsByLanguage).flatMap((words) => Array.from(words)));

export function isStopWord(word: string): boolean {
  return everyLanguage.has(word);
}

function toSet(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}
