/** Words that carry the frame of a sentence, not its matter. */

export const prepositions = toSet(
  "in on at for with without by from to into onto over under above below between through across against about during via near behind beside beyond except than as like until till since before after within per toward towards among around off out up down inside outside",
);
export const questionWords = toSet("what which who whose when where why how");
export const modals = toSet("can could may might must should will would shall ought");
export const pronouns = toSet("i we you he she it they");
export const articles = toSet("a an the");
/** What is mine or yours. */
export const owners = toSet("my our your");

/** Nothing is lost with them: they only make a sentence polite or whole. */
export const fillers = toSet("please kindly actually basically really");

/** A name when it is written in capitals amid other words: US is not us. */
export const capitalNames = toSet(
  "us it who am or and not in is as an at be by can do for go has he how if may me my no of off on our out she so the to up was we will you all any but are from with where when select join left right order group like into set case end it's",
);

/** Words that mean something else with a capital letter: a visa is no Visa. */
export const capitalSenses = toSet(
  "access amazon ant apple april art august baker banks basil bath bill bishop black block bob brown bush butler candy carter caterpillar chad chance chase chef china cliff cologne cook cork crystal daisy dale dart dawn dean discover dove drew duke earl edge excel express faith fisher flask ford fox frank gap gene georgia ginger glen go grace grant green guinea guy hamburg heath helm hill holly hope hunter iris ivy jack jaguar java jersey job jordan joy keynote king lane lent lily march mark mason may melody mercury meta miles miller mission mobile mustang nice nick node norm notes notion numbers office oracle orange outlook page pages park pat pearl penny phoenix polish pope porter potter prince puma puppet python ray react reading rice ring rivers rose ruby rust safari sage sandy shell slack smith spring sprint square stone stripe summer sun surface swift target taylor teams tide turkey violet visa wales will windows wolf woods word wright young zoom",
);

/** Words that only texts in other languages use without a capital letter. */
export const foreignWords = toSet(
  "der das und ist nicht ich ein eine einen wo wie für mit auf den dem wann wer kann wir sie kein keine mein meine von zu le les est une je ne pas que qui dans pour avec ma mes tu vous nous el los las una es por con para mi sin muy il che di sono della gli questo het een ik niet mijn voor wat geen wil não uma meu minha og jeg ikke och att jag inte vi nie jest czy nem egy bir değil",
);

function toSet(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}
