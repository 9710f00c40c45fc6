/** One line each: words that can stand for each other in whatever sentence both make sense. The first stands for all. */
const groups = `
buy purchase
start begin commence
help assist
fix repair mend
problem issue
price cost
fee charge
phone telephone
mobile cellphone
photo photograph picture pic
doctor physician
child kid
baby infant
lawyer attorney
employee worker
vacation holiday
permit allow
choose select pick
change modify alter
get obtain receive
parcel package
luggage baggage
apartment flat
movie film
car automobile
often frequently
fast quick rapid
quickly rapidly
big large
erase delete
end terminate
need require
summarize summarise
organize organise
recognize recognise
authorize authorise
customize customise
cancelation cancellation
color colour
center centre
catalog catalogue
license licence
program programme
check cheque
enroll enrol
info information
repo repository
admin administrator
docs documentation
tv television
fridge refrigerator
garbage trash rubbish
id identifier
max maximum
min minimum
kilometer kilometre
meter metre
centimeter centimetre
liter litre
milliliter millilitre
monday mon
tuesday tue tues
wednesday wed
thursday thu thur thurs
friday fri
january jan
february feb
april apr
august aug
september sep sept
october oct
november nov
december dec
`;

/** Words that stand for each other in a sentence that has one of the others. */
const contexts = `
change update: address number username password detail name
cancel end: subscription membership
delivery ship: cost price fee charge
track trace: parcel package order shipment
`;

export interface Context {
  readonly word: string;
  readonly with: ReadonlySet<string>;
}

export const synonyms: ReadonlyMap<string, string> = new Map(
  lines(groups).flatMap((line) => {
    const [first = "", ...others] = line.split(" ");
    return others.map((word) => [word, first] as const);
  }),
);

/** By word: what it stands for, and beside which words. */
export const contextSynonyms: ReadonlyMap<string, Context> = new Map(
  lines(contexts).flatMap((line) => {
    const [words = "", others = ""] = line.split(": ");
    const [word = "", ...rest] = words.split(" ");
    const context = { word, with: new Set(others.split(" ")) };
    return rest.map((other) => [other, context] as const);
  }),
);

function lines(table: string): readonly string[] {
  return table.trim().split("\n");
}
