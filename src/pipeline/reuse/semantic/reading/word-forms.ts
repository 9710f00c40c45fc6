import type { Lemma } from "./find-lemma.ts";

/** Nouns that look like a form of a verb and mean something else. */
export const nounsInIng = toSet(
  "booking building clothing drawing dressing earning evening filing fitting holding housing listing meaning meeting morning opening painting parking rating reading recording saving setting sitting sterling string training wedding wording",
);

/** Nouns in s that are no plurals, or mean something else as plurals. */
export const invariableNouns = toSet(
  "always arms besides clothes contents customs damages diabetes earnings economics glasses goods headquarters jeans lens mathematics means measles minus news overseas pants perhaps physics plus politics premises proceeds remains savings scissors series sometimes species states thanks towards trousers whereas windows works",
);

const irregularVerbs = toTable(
  "began:begin bought:buy brought:bring built:build came:come chose:choose did:do drank:drink drove:drive ate:eat fell:fall felt:feel flew:fly forgot:forget found:find froze:freeze gave:give got:get grew:grow had:have heard:hear held:hold hid:hide kept:keep knew:know learnt:learn left:leave lent:lend lost:lose made:make meant:mean met:meet paid:pay ran:run rang:ring rose:rise said:say sang:sing sat:sit saw:see sent:send showed:show slept:sleep sold:sell sought:seek spent:spend spoke:speak stole:steal stood:stand stuck:stick taught:teach thought:think told:tell took:take understood:understand was:be were:be went:go withdrew:withdraw woke:wake won:win wore:wear wrote:write bit:bite broke:break caught:catch",
);

/** Forms that only stand after have or be, or as adjectives. */
export const participles = toTable(
  "broken:break begun:begin bitten:bite chosen:choose driven:drive eaten:eat fallen:fall flown:fly forgotten:forget frozen:freeze given:give gone:go grown:grow hidden:hide known:know seen:see shown:show spoken:speak stolen:steal taken:take withdrawn:withdraw worn:wear written:write",
);

const irregularNouns = toTable(
  "children:child men:man women:woman feet:foot teeth:tooth mice:mouse wives:wife knives:knife shelves:shelf halves:half thieves:thief people:person criteria:criterion",
);

const otherForms = toTable(
  "is:be are:be am:be been:be being:be has:have having:have does:do doing:do whom:who me:i us:we goes:go gotten:get driving:drive lying:lie dying:die",
);

const regularVerbs =
  "accept access achieve activate add adjust advise affect afford agree allow amend analyse announce annul answer appeal appear apply appoint approve argue arrange arrest arrive ask assign assist assume attach attend authorize avoid ban bill block boil book borrow bother breathe browse buffer calculate call cancel carry catch cause change charge charter check choose claim clean clear click close collect combine come commence comment commit compare complain complete compress compute configure confirm connect consider consist consult contact contain contest continue contribute convert cook copy correct cost cover crash create cure customize cut damage deactivate debug decide declare decline decrease decrypt deduct define delay delete deliver deny depart depend deploy deposit describe design detect determine diagnose disable disconnect discover discuss display dispute divide divorce donate download draft drink drive drop earn eat edit email employ enable encrypt end enforce enroll ensure enter erase establish estimate evaluate evict exchange execute exercise exist expand expect expire explain export extend extract fail fall fax feel file fill filter find finish fire fix fly follow forget format forward freeze generate get give go grant grow handle happen have hear heal help hide hire hold hurt identify implement import improve include increase infect inform inherit insert insist install insure interpret interrupt invest invite invoice involve issue join judge keep kill know last laugh launch learn lease leave lend let license lift like limit link list live load lock log look lose lower maintain make manage map mark marry match measure mention merge miss modify monitor move mute name need notify object observe obtain occur offer open operate order own owe pack park pass patch pause pay perform permit pick place plan play possess post practice prefer prepare prescribe present prevent print process produce promise promote prosecute protect prove provide publish purchase push put qualify query quit quote raise reach read receive recommend reconnect record recover redeem reduce refer refund refuse register reimburse reinstall reject release rely remain remember remind remove rename renew rent repair repay repeat replace reply report request require reschedule resend reserve reset resign resize resolve respond restart restore restrict result retire retrieve return reverse review revoke ring rise roll rotate run save say scan schedule search see seem select sell send serve set settle share ship shorten show shut sign sleep smoke solve sort speak specify spell spend split start state stay steal stop store study sublet submit subscribe sue suffer suggest summarize supply support suppose suspend swap switch sync synchronize take talk tax teach tell terminate test think trace track trade train transfer translate travel treat trigger try turn type undo unfreeze uninstall unlock unsubscribe update upgrade upload use vaccinate validate verify view visit vote wait walk want warn wash watch wear weigh win withdraw work worry wrap write";

/** Verbs that are known in all their forms. */
export const verbs: ReadonlySet<string> = new Set([
  ...regularVerbs.split(" "),
  ...irregularVerbs.values(),
  ...participles.values(),
]);

/** Words whose forms follow no rule. */
export const irregularForms: ReadonlyMap<string, Lemma> = new Map<string, Lemma>([
  ...[...irregularVerbs].map(([word, text]) => [word, { text, form: "past" }] as const),
  ...[...irregularNouns].map(([word, text]) => [word, { text, isPlural: true }] as const),
  ...[...otherForms].map(([word, text]) => [word, { text }] as const),
]);

function toSet(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}

function toTable(entries: string): ReadonlyMap<string, string> {
  return new Map(entries.split(" ").map((entry) => entry.split(":") as [string, string]));
}
