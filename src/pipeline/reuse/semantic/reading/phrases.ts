/**
 * Ways to say the same, one a line: dictionary forms on the left, alternatives in brackets, and on the right what stands
 * for them. `^`: only where a sentence begins. Words in capitals are kinds of a sentence: HOW asks for the way, CAN
 * whether one may, WHY, WHEN and WHERE for what they say, PRICE for an amount of money, ASK is any question to be
 * answered by yes or no. What stands after a `+` has to follow, and stays.
 */
const table = `
^ (hi|hello|hey|dear) >
^ (hi|hello|hey|dear) (there|all|team|everyone|support) >
^ good (morning|afternoon|evening) >
^ (thanks|sorry|ok|okay|well|so) , >
^ thank you , >
^ excuse i , >
^ quick question >
^ i have a question >
^ (can|could|would) you (please|kindly|possibly|maybe|) (tell|show|explain to) (i|we) (please|) + (what|which|who|whose|when|where|why|how|if|whether) >
^ (can|could|would) you (please|kindly|possibly|maybe|) (help|assist) (i|we) (to|) >
^ (can|could) you (please|kindly|possibly|maybe|) let (i|we) know + (what|which|who|whose|when|where|why|how|if|whether) >
^ (can|could|would) you (please|kindly|possibly|) >
^ will you please >
^ (please|kindly) >
^ (tell|show) (i|we) + (what|which|who|whose|when|where|why|how|if|whether) >
^ let (i|we) know + (what|which|who|whose|when|where|why|how|if|whether) >
^ help (i|we) (to|) >
^ (help|assist) (i|we) with > help with
^ (i|we) (need|want) (some|) help (to|) >
^ (i|we) (need|want) (some|) help with > help with
^ (i|we) (want|need|wish|would like|would love) to know + (what|which|who|whose|when|where|why|how|if|whether) >
^ (i|we) (want|need|wish|would like|would love) to >
^ i would like > want
^ i be (try|look|plan|hop) to >
^ i (be|) wonder + (what|which|who|whose|when|where|why|how|if|whether) >
^ do you (happen to|) know + (what|which|who|whose|when|where|why|how|if|whether) >
^ any idea + (what|which|who|whose|when|where|why|how|if|whether) >
^ (if|whether) > ASK

^ how (do|can|could|would|might|should) (i|we|one|people) > HOW
^ how to > HOW
^ how be it possible to > HOW
^ how do (i|we) go about > HOW
^ explain how to > HOW
^ explain how (i|we) can > HOW
^ explain how (i|we) > HOW
^ how (i|we|one) (can|could) > HOW
^ how (i|we) > HOW
^ i do not know how to > HOW
^ what be the (right|correct|proper|) (way|process|procedure|method) (to|of|for) > HOW
^ what be the step (to|for) > HOW
^ what be the step i (need|have) to take to > HOW
^ what do (i|we) (need|have) to do to > HOW
^ what (should|can|must) (i|we) do to > HOW
^ (can|could|may|might) (i|we|one) > CAN
^ be (i|we) (able|permit) to > CAN
^ be it (possible|okay|ok|permit) (for i|) to > CAN
^ be there (a|any) (way|possibility|option) (for i|) to > CAN
^ do i have the (option|possibility) to > CAN

^ why be it that > WHY
^ how come > WHY
^ what be the reason (why|that|for|) > WHY
^ for (what|which) reason > WHY
^ why > WHY
^ (at|) (what|which) time > WHEN
^ on (what|which) date > WHEN
^ what be the date of > WHEN
^ when > WHEN
^ where (do|can|could) (i|we|you|one) (find|see) > WHERE
^ where (do|can|could) (i|we|you|one) > WHERE i
^ where > WHERE
^ (for|) how long > HOWLONG
^ how much time > HOWLONG
^ what be the (duration|length) of > HOWLONG
^ how much do it cost to > PRICE
^ how much be > PRICE
^ what be the (price|cost) (of|for) > PRICE

^ be there (any|) > ASK have
^ do you (offer|provide) (any|) > ASK have
^ there be > have
^ be (i|we) > ASK
^ (explain|describe) what > what be
^ (explain|describe) the difference between > what be difference between
^ what be the (meaning|definition) of > what be

at all times > always
all the time > always
a few > afew
a little > alittle
a lot of > many
lot of > many
per cent > percent
e mail > email
each > every
per > every
cell phone > mobile phone
sign in > log in
log into > log in
sign into > log in
login to > log in
log on > log in
sign off > log out
sign out > log out
set up > setup
sign up for > enroll in
register for > enroll in
get in touch with > contact
get hold of > contact
get rid of > remove
give back > return
send back > return
look for > search
in order to > to
instead of > insteadof
rather than > insteadof
ahead of > aheadof
regardless of > regardlessof
in case of > incaseof
out of > outof
due to > becauseof
because of > becauseof
such as > like
for example > like
be able to > can
able to > can
unable to > can not
be (i|we) able to > can i
be (i|we) permit to > may i
be permit to > may
permit to > may
have to > must
need to > must
be require to > must
as well as > and
not yet > not
no longer > notanymore
not any more > notanymore
any more > anymore
at the moment > now
right now > now
at present > now
these days > nowadays
turn on > enable
turn off > disable
switch on > enable
switch off > disable
talk to > speak to
speak with > speak to
talk with > speak to
reach out to > contact
how far away > how far
what happen (if|when) > what happen if
`;

interface Node {
  readonly next: Map<string, Node>;
  ending?: Match;
}

const anywhere: Node = { next: new Map() };
const opening: Node = { next: new Map() };
for (const line of table.split("\n").filter((text) => text !== "")) addLine(line);

export interface Match {
  readonly length: number;
  readonly replacement: readonly string[];
}

/** The longest phrase that the words from `at` on begin with. */
export function findPhrase(words: readonly string[], at: number, isOpening: boolean): Match | undefined {
  return (isOpening ? findIn(opening, words, at) : undefined) ?? findIn(anywhere, words, at);
}

function findIn(root: Node, words: readonly string[], at: number): Match | undefined {
  let node: Node | undefined = root;
  let found: Match | undefined;
  for (let length = 1; at + length <= words.length; length++) {
    node = node.next.get(words[at + length - 1]!);
    if (node === undefined) break;
    found = node.ending ?? found;
  }
  return found;
}

function addLine(line: string): void {
  const [left = "", right = ""] = line.split(">").map((side) => side.trim());
  const root = left.startsWith("^ ") ? opening : anywhere;
  const [phrase = "", condition = ""] = left.replace(/^\^ /u, "").split(" + ");
  for (const words of expand(`${phrase} ${condition}`)) {
    let node = root;
    for (const word of words) {
      const next = node.next.get(word) ?? { next: new Map() };
      node.next.set(word, next);
      node = next;
    }
    const length = words.length - (condition === "" ? 0 : 1);
    node.ending ??= { length, replacement: right === "" ? [] : right.split(" ") };
  }
}

/** "(a|b|) c" is "a c", "b c" and "c". */
function expand(pattern: string): readonly (readonly string[])[] {
  const group = /\(([^()]*)\)/u.exec(pattern);
  if (!group) return [pattern.split(" ").filter((word) => word !== "")];
  return group[1]!.split("|").flatMap((choice) => expand(pattern.replace(group[0], choice)));
}
