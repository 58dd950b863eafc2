// How each kind of screen looks. Every word comes from the agent.

import { drawPad, drawTyped } from "./pad.js";

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  service: ["M4 6h16v12H4z", "M4 10h16", "M8 14h4"],
  change_pin: ["M6 11h12v9H6z", "M9 11V8a3 3 0 0 1 6 0v3", "M12 15v2"],
  activate: ["M12 3v8", "M7 6a8 8 0 1 0 10 0"],
  own_checks: ["M2 12s4-7 10-7 10 7 10 7-4 7-10 7-10-7-10-7z", "M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z"],
  report_loss: ["M12 4l9 16H3z", "M12 10v4", "M12 17v.01"],
  good: ["M5 13l5 5L19 7"],
  no: ["M12 6v8", "M12 18v.01"],
  bad: ["M7 7l10 10", "M17 7L7 17"],
  up: ["M12 20V5", "M5 12l7-7 7 7"],
  person: ["M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8z", "M4 21a8 8 0 0 1 16 0"],
};

let english = false;
let photo = { of: "" }; // of the result on the screen, and of no other

export function drawScreen(told, page, send, redraw) {
  english = told.english;
  if (!told.portrait) photo = { of: "" };
  const screen = element("section", `screen ${told.kind}`);
  DRAW[told.kind](screen, told, page, send, redraw);
  return screen;
}

const DRAW = {
  menu: drawMenu,
  out(screen, told, page, send) {
    screen.append(icon("bad", "sign bad"), title(told), text(told.text), tiles(told, send));
  },
  place(screen, told) {
    screen.append(...task(told), title(told), picture("place"), text(told.text));
  },
  reading(screen, told) {
    screen.append(...task(told), title(told), picture("reading"), stages(told));
  },
  typing(screen, told) {
    screen.append(...task(told), title(told));
    if (told.consent) screen.append(both("p", "consent", told.consent), ...tries(told));
    else screen.append(...(told.warning ? [] : [picture("typing")]), text(told.text), ...tries(told));
  },
  take(screen, told) {
    screen.append(title(told), picture("take"), text(told.text));
  },
  help(screen, told) {
    screen.append(icon("person", "sign"), title(told), text(told.text));
  },
  trouble(screen, told, page, send) {
    const sign = told.part === "pin" || told.part === "card" ? "no" : "bad";
    screen.append(icon(sign, `sign ${sign}`), title(told), text(told.text), deeds(told, send));
  },
  pad: drawPadScreen,
  result: drawResult,
};

function drawMenu(screen, told, page, send) {
  const drum = element("img", "drum");
  drum.src = "static/drum.svg";
  drum.alt = "";
  screen.append(drum, title(told), text(told.text), tiles(told, send));
}

function drawPadScreen(screen, told, page, send, redraw) {
  const asked = element("div", "asked");
  asked.append(...task(told), title(told));
  if (told.consent) asked.append(both("p", "consent", told.consent));
  else asked.append(text(told.text));
  asked.append(drawTyped(told));
  if (told.complaint) asked.append(alerted(both("p", "complaint", told.complaint)));
  asked.append(...tries(told));
  const words = { erase: pick(page?.words.erase), confirm: pick(page?.words.confirm) };
  screen.append(asked, drawPad(told, words, send, redraw));
}

function tries(told) {
  if (told.warning) return [both("p", "warning", told.warning)];
  return told.tries ? [one("p", "tries", told.tries)] : [];
}

function drawResult(screen, told, page, send, redraw) {
  const said = element("div", "who");
  if (!told.checks) said.append(icon(told.good ? "good" : "no", `sign ${told.good ? "" : "no"}`));
  said.append(title(told));
  if (told.name) {
    const name = element("p", "name");
    name.textContent = told.name;
    said.append(name);
  }
  said.append(text(told.text));
  if (told.offline) said.append(one("p", "offline", told.offline));
  if (told.checks) said.append(checks(told.checks));
  const ends = element("div", "ends");
  if (told.take) {
    const strip = element("p", "take-strip");
    strip.append(icon("up", ""), both("span", "", told.take));
    ends.append(strip);
  }
  ends.append(deeds(told, send));
  const image = told.portrait ? portrait(told, redraw) : null;
  if (!image) {
    screen.append(said, ends);
    return;
  }
  const person = element("div", "person");
  person.append(image, said);
  screen.append(person, ends);
}

// Fetched once: a screen that is drawn again takes the same image. Null where it can't be had.
function portrait(told, redraw) {
  const { address, words } = told.portrait;
  const of = `${told.instance} ${address}`;
  if (photo.of !== of) {
    const mine = { of, image: element("img", "portrait") };
    mine.image.addEventListener("error", () => {
      mine.image = null;
      if (photo === mine) redraw();
    });
    mine.image.src = address;
    photo = mine;
  }
  if (photo.image) photo.image.alt = pick(words);
  return photo.image;
}

function checks(lines) {
  const list = element("ul", "checks");
  for (const line of lines) {
    const item = element("li", "");
    const at = element("span", "");
    at.textContent = line.at;
    const who = element("span", "check-partner");
    who.textContent = line.partner;
    item.append(icon(line.granted ? "good" : "no", line.granted ? "" : "no"), at, who, one("span", "", line.service));
    list.append(item);
  }
  return list;
}

function tiles(told, send) {
  const many = told.tiles.filter((tile) => tile.kind === "service").length > 4;
  const list = element("ul", many ? "tiles many" : "tiles");
  for (const tile of told.tiles) {
    const item = element("li", tile.kind === "service" ? "" : "own");
    const button = element("button", "tile");
    button.type = "button";
    button.dataset.key = `tile-${tile.number}`;
    button.append(icon(tile.kind, ""), both("span", "", tile.words));
    button.addEventListener("click", () => send("choose", { number: tile.number }));
    item.append(button);
    list.append(item);
  }
  return list;
}

function stages(told) {
  const list = element("ol", "stages");
  told.stages.forEach((words, at) => {
    const item = one("li", at < told.stage ? "done" : at === told.stage ? "now" : "", words);
    if (at === told.stage) item.setAttribute("aria-current", "step");
    list.append(item);
  });
  return list;
}

function deeds(told, send) {
  const row = element("div", "deeds");
  for (const deed of told.buttons) {
    if (deed.action !== "again" && deed.action !== "finish") continue;
    const button = one("button", "button primary", deed.words);
    button.type = "button";
    button.dataset.key = `deed-${deed.action}`;
    button.addEventListener("click", () => send(deed.action === "finish" ? "back" : deed.action));
    row.append(button);
  }
  return row;
}

function task(told) {
  return told.task ? [one("p", "task", told.task)] : [];
}

function title(told) {
  const heading = both("h1", "title", told.title);
  heading.tabIndex = -1;
  return heading;
}

function text(words) {
  return both("p", "text", words);
}

function alerted(made) {
  made.setAttribute("role", "alert");
  return made;
}

function pick(words) {
  return words ? (english ? words.en : words.vi) : "";
}

function one(name, className, words) {
  const made = element(name, className);
  made.textContent = pick(words);
  return made;
}

function both(name, className, words) {
  const made = element(name, className);
  const [first, second] = english ? ["en", "vi"] : ["vi", "en"];
  for (const [place, language] of [["first", first], ["second", second]]) {
    const part = element("span", place);
    part.lang = language;
    part.textContent = words[language];
    made.append(part);
  }
  return made;
}

function element(name, className) {
  const made = document.createElement(name);
  if (className.trim()) made.className = className.trim();
  return made;
}

function drawn(name, attributes, ...inside) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...inside);
  return made;
}

function icon(name, className) {
  const paths = ICONS[name].map((d) => drawn("path", { d }));
  return drawn("svg", { class: `icon ${className}`.trim(), viewBox: "0 0 24 24", "aria-hidden": "true" }, ...paths);
}

// A card above a reader: it comes down, lies there, or goes up.
function picture(kind) {
  const card = drawn("g", { class: "moves" },
    drawn("rect", { class: "card", x: 70, y: 66, width: 180, height: 112, rx: 10 }),
    drawn("path", { class: "card-band", d: "M70 88v-12a10 10 0 0 1 10-10h160a10 10 0 0 1 10 10v12z" }),
    drawn("rect", { class: "chip", x: 90, y: 106, width: 34, height: 26, rx: 4 }),
    drawn("path", { class: "line", d: "M140 112h86M140 130h60M90 156h100" }));
  const reader = [
    drawn("path", { class: "reader", d: "M40 196h240a14 14 0 0 1 14 14v22a14 14 0 0 1-14 14H40a14 14 0 0 1-14-14v-22a14 14 0 0 1 14-14z" }),
    drawn("circle", { class: "lamp", cx: 262, cy: 221, r: 7 }),
  ];
  const more = [];
  if (kind === "place") more.push(drawn("path", { class: "arrow", d: "M282 76v72M258 126l24 24 24-24" }));
  if (kind === "take") more.push(drawn("path", { class: "arrow", d: "M282 150V78M258 100l24-24 24 24" }));
  if (kind === "typing") for (let at = 0; at < 12; at += 1) reader.push(
    drawn("circle", { class: "digit", cx: 60 + 32 * (at % 6), cy: at < 6 ? 211 : 231, r: 6 }));
  if (kind === "reading") more.push(
    drawn("path", { class: "wave", d: "M120 40a60 60 0 0 1 80 0" }),
    drawn("path", { class: "wave", d: "M136 54a36 36 0 0 1 48 0" }));
  return drawn("svg", { class: "art", viewBox: "20 8 290 244", "aria-hidden": "true" }, ...more, card, ...reader);
}
