import { contentStems, splitWords, stemWord } from "./split-words.ts";

/** Words that speak for a label whose own name seldom stands in the text: nobody writes "this is a billing issue". */
export interface CueSet {
  /** Label words that this row serves. */
  readonly aliases: ReadonlySet<string>;
  /** Stems of single words. */
  readonly stems: ReadonlySet<string>;
  /** Runs of words, looked for in the lower-cased text. */
  readonly phrases: readonly string[];
}

const rows: readonly (readonly [aliases: string, cues: string])[] = [
  [
    "billing payment payments invoice invoicing finance refund refunds charges",
    "invoice, bill, billed, billing, charge, charged, charges, overcharged, refund, refunded, payment, paid, pay, credit card, debit, receipt, subscription, renewal, price, fee, vat, tax, coupon, discount, double charged, charged twice, money back, bank statement, direct debit, card was declined, purchase order, annual plan",
  ],
  [
    "technical tech bug bugs incident defect outage troubleshooting it engineering error errors",
    "error, bug, crash, crashes, crashed, freeze, frozen, broken, slow, timeout, outage, api, exception, stack trace, glitch, upload, sync, export, import, update, browser, screen, load, loading, server, install, driver, firmware, connection, wifi, bluetooth, latency, not working, doesn't work, does not work, stopped working, won't load, blank page, white screen, status code, webhook, endpoint, dashboard, app closes",
  ],
  [
    "account login access authentication profile identity",
    "password, login, log in, sign in, signed in, logged out, locked out, account, username, profile, two-factor, 2fa, verification code, reset link, email address, deactivate, delete my account, close my account, permission, permissions, access, sso, seat, invite, member, workspace owner",
  ],
  [
    "shipping delivery logistics fulfilment fulfillment order orders shipment",
    "parcel, package, delivery, deliver, delivered, shipping, shipped, ship, courier, tracking, tracking number, arrived, arrive, warehouse, dispatched, dispatch, customs, postal, depot, doorstep, delivery address, in transit, wrong item, damaged box, lost in the post, still has not arrived, estimated delivery",
  ],
  [
    "returns return exchange",
    "return, send back, exchange, return label, wrong size, swap, replacement, unopened, return window",
  ],
  [
    "sales pricing purchase presales commercial quote",
    "quote, demo, enterprise plan, pricing, buy, purchase, licence, license, volume discount, trial, upgrade, sales team, procurement, seats",
  ],
  [
    "feature feedback suggestion suggestions improvement request idea",
    "feature, suggestion, suggest, would be great, would love, it would be nice, wish, idea, feedback, roadmap, request, could you add, please add, dark mode, improve",
  ],
  [
    "praise compliment thanks",
    "thank, thanks, love, great, excellent, amazing, fantastic, well done, kudos, impressed",
  ],
  [
    "complaint complaints",
    "disappointed, unacceptable, terrible, awful, complaint, complain, angry, frustrated, rude, worst, poor service, disgusted",
  ],
  [
    "security abuse fraud phishing",
    "phishing, hacked, breach, vulnerability, fraud, fraudulent, suspicious, unauthorised, unauthorized, malware, leaked, stolen, compromised, scam",
  ],
  [
    "spam",
    "unsubscribe, winner, prize, lottery, click here, free money, crypto, guaranteed, act now, seo services, backlinks",
  ],
  [
    "legal privacy compliance gdpr",
    "contract, gdpr, privacy, lawyer, legal, terms, data protection, court, lawsuit, liability, nda, delete my data",
  ],
  [
    "hr careers hiring recruitment jobs",
    "application, cv, resume, interview, vacancy, salary, hiring, candidate, internship, job opening",
  ],
  [
    "politics government election policy",
    "election, minister, parliament, vote, voters, government, council, party, president, law, bill, senate, coalition, campaign, mayor, policy",
  ],
  [
    "business economy economics finance markets",
    "company, profit, revenue, shares, market, investors, bank, inflation, interest rate, merger, acquisition, jobs, economy, trade, sales, quarter, startup, stock",
  ],
  [
    "sport sports",
    "match, team, goal, coach, league, season, player, championship, tournament, race, medal, olympic, cup, stadium, score, final, striker",
  ],
  [
    "technology tech digital it computing",
    "software, app, computer, internet, chip, artificial intelligence, ai, data, smartphone, cyber, robot, developer, cloud, algorithm, battery, open source",
  ],
  [
    "science research",
    "study, researchers, scientists, university, experiment, telescope, species, planet, physics, journal, discovery, laboratory, genome, climate model",
  ],
  [
    "health medicine medical",
    "hospital, patients, doctor, disease, vaccine, virus, treatment, drug, clinic, surgery, symptoms, nurse, mental health, cancer",
  ],
  [
    "culture entertainment arts film music lifestyle",
    "film, album, concert, museum, exhibition, artist, novel, theatre, festival, actor, band, gallery, painting, director, audience",
  ],
  [
    "environment climate weather nature",
    "climate, emissions, storm, flood, rain, drought, wildfire, temperature, forest, wildlife, pollution, carbon, river, renewable, solar, wind farm, heatwave",
  ],
  [
    "crime justice",
    "police, arrested, court, murder, theft, suspect, trial, prison, sentenced, robbery, detective, charged with",
  ],
  ["education schools", "school, pupils, teacher, students, university, exam, curriculum, classroom, tuition, degree"],
  [
    "travel transport tourism mobility",
    "flight, airport, hotel, tourists, train, railway, tram, bus, passengers, ferry, cycling, station, route, holiday",
  ],
  ["local community", "residents, neighbourhood, neighborhood, council, street, village, volunteers, town hall, local"],
  [
    "question inquiry enquiry",
    "how do i, how can i, is it possible, could you tell, wondering, where can i find, do you offer, question",
  ],
  ["cancellation churn cancel", "cancel, cancellation, terminate, stop my subscription, close my account, not renew"],
];

const cueSets: readonly CueSet[] = rows.map(([aliases, cues]) => toCueSet(aliases.split(" "), cues.split(", ")));

export const urgentCues = toCueSet(
  [],
  "urgent, urgently, immediately, emergency, critical, asap, as soon as possible, right away, right now, outage, production is down, is down, everything is down, losing money, losing customers, losing sales, deadline, cannot work, can't work, unable to work, blocked, blocking, all our users, all users, every customer, all of our, nobody can, no one can, data loss, lost all, breach, hacked, stolen, fraud, fraudulent, unauthorised, unauthorized, safety, fire, smoke, burning, legal action, lawyer, today, by tonight, within the hour, in two hours, third time, escalate, payroll, not acceptable, unacceptable".split(
    ", ",
  ),
);

export const calmCues = toCueSet(
  [],
  "no rush, no hurry, not urgent, not in a hurry, whenever, when you have time, when you get a chance, at your convenience, just wondering, curious, wondering, minor, small, cosmetic, typo, suggestion, suggest, nice to have, would be nice, would be great, idea, feedback, feature request, low priority, some day, thank you for, compliment, love, just wanted to say, out of curiosity, general question, do you offer, do you plan".split(
    ", ",
  ),
);

export const positiveCues = toCueSet(
  [],
  "good, great, excellent, amazing, fantastic, wonderful, love, loved, perfect, happy, pleased, delighted, impressed, helpful, friendly, fast, easy, best, recommend, thank, thanks, enjoy, enjoyed, beautiful, reliable, smooth, superb, brilliant, awesome, nice, delicious, comfortable, satisfied, worth, success, successful, win, won, improved, growth, record, celebrate, praised, welcome, well done, kudos".split(
    ", ",
  ),
);

export const negativeCues = toCueSet(
  [],
  "bad, terrible, awful, horrible, poor, worst, hate, hated, disappointed, disappointing, broken, slow, rude, useless, waste, refund, problem, angry, frustrated, frustrating, unacceptable, annoying, ugly, unreliable, fail, failed, failure, wrong, late, dirty, cold, overpriced, expensive, complaint, unhappy, sad, loss, damage, damaged, crisis, crash, injured, death, killed, never again, crashed, error, missing, lost, ignored, regret, avoid, unfortunately, worse, not working, scam".split(
    ", ",
  ),
);

/** The row that serves a label, found by the label's own words. */
export function findCues(label: string): CueSet | undefined {
  const words = splitWords(label.replaceAll(/[_-]/gu, " "));
  return cueSets.find(({ aliases }) => words.some((word) => aliases.has(word)));
}

function toCueSet(aliases: readonly string[], cues: readonly string[]): CueSet {
  const isWord = (cue: string): boolean => !/[ '-]/u.test(cue) && contentStems(cue).length > 0;
  return {
    aliases: new Set(aliases),
    stems: new Set(cues.filter(isWord).map(stemWord)),
    phrases: cues.filter((cue) => !isWord(cue)),
  };
}
