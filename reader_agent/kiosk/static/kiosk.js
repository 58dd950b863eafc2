// The kiosk's page: draws what the agent says, sends what the person does. It decides nothing.

import { drawScreen } from "./screens.js";
import { clearDigits, padKey } from "./pad.js";
import { mute, muted, play } from "./sounds.js";

const LEAST_READING_MS = 700; // progress that can be seen; nothing waits for it
const HURRY_SECONDS = 20;
const TOUCH_EVERY_MS = 4000;
const LOST_AFTER_MS = 2500;
const AGAIN_AFTER_MS = 2000;
const FITS = ["closer", "closest", "single", "scrolls"];

const find = (name) => document.querySelector(`[data-${name}]`);
const main = find("main");
const foot = find("foot");

let page = null; // what stands on it all the time
let shown = null; // the screen as it is
let endsAt = null;
let waiting = null;
let readingSince = 0;
let touchedAt = 0;
let lostTimer = null;

async function send(action, more = {}) {
  const body = JSON.stringify({ action, step: shown?.step ?? 0, ...more });
  try {
    await fetch("v1/act", { method: "POST", headers: { "Content-Type": "application/json" }, body });
  } catch {
    // the stream tells when the agent is away
  }
}

function say(words) {
  return words ? (shown?.english ? words.en : words.vi) : "";
}

function take(told) {
  clearTimeout(waiting);
  // what is agreed to by typing stands there as long as it can be typed
  const held = shown?.kind === "reading" && !["reading", "typing"].includes(told.kind);
  const left = held ? readingSince + LEAST_READING_MS - performance.now() : 0;
  if (left > 0) waiting = setTimeout(() => show(told), left);
  else show(told);
}

function show(told) {
  const fresh = !shown || shown.instance !== told.instance || shown.step !== told.step || shown.kind !== told.kind;
  if (told.kind === "reading" && shown?.kind !== "reading") readingSince = performance.now();
  if (fresh) clearDigits();
  if (told.kind === "menu" && shown?.kind !== "menu" && page) mute(!page.sound);
  const cardCame = told.card && shown && !shown.card;
  shown = told;
  endsAt = told.ends_in === null ? null : performance.now() + told.ends_in * 1000;
  document.documentElement.lang = told.english ? "en" : "vi";
  draw(fresh);
  if ((fresh || cardCame) && told.sound) play(told.sound, told.kind === "take");
}

function draw(fresh) {
  const held = document.activeElement;
  const focused = held?.dataset?.key ?? (main.contains(held) ? "title" : "");
  const screen = drawScreen(shown, page, send, () => draw(false));
  if (!fresh) screen.style.animation = "none";
  main.replaceChildren(screen);
  foot.replaceChildren(...footButtons());
  const banner = find("banner");
  banner.hidden = !shown.banner;
  banner.textContent = say(shown.banner);
  find("place").textContent = say(page?.name);
  find("language").textContent = shown.english ? "Tiếng Việt" : "English";
  find("language").lang = shown.english ? "vi" : "en";
  drawSound();
  tick();
  fit();
  const title = screen.querySelector("h1");
  const again = document.querySelector(`[data-key="${CSS.escape(focused)}"]`);
  if (again && !fresh && !again.disabled) again.focus({ preventScroll: true });
  else if (fresh || focused) title.focus({ preventScroll: true });
}

// Long names and texts of consent: closer first, then one language, then they scroll by themselves.
// What has to be pressed is never below the edge.
function fit() {
  main.className = "";
  for (const step of FITS) {
    if (fits()) break;
    main.classList.add(step);
  }
  for (const one of main.querySelectorAll(".consent, .checks")) {
    if (one.scrollHeight > one.clientHeight + 1) one.tabIndex = 0;
    else one.removeAttribute("tabindex");
  }
}

// The picture behind the menu reaches over the edge, and the screen may be on its way in.
function fits() {
  const screen = main.firstElementChild;
  if (!screen) return true;
  const edge = screen.getBoundingClientRect().top + screen.clientHeight + 1;
  return [...screen.querySelectorAll(":scope > :not(.drum), :scope > * > *")].every(
    (one) => one.getBoundingClientRect().bottom <= edge,
  );
}

function footButtons() {
  return (shown.buttons ?? [])
    .filter((one) => one.action === "back" || one.action === "help")
    .map((one) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "button";
      button.dataset.action = one.action;
      button.dataset.key = `foot-${one.action}`;
      button.textContent = say(one.words);
      button.addEventListener("click", () => send(one.action));
      return button;
    });
}

function drawSound() {
  const button = find("sound");
  button.hidden = !page?.sound;
  button.textContent = shown?.english ? (muted() ? "Sound on" : "Sound off") : muted() ? "Bật tiếng" : "Tắt tiếng";
}

function tick() {
  const hurry = find("hurry");
  const left = endsAt === null ? Infinity : Math.max(0, Math.ceil((endsAt - performance.now()) / 1000));
  const shows = left <= HURRY_SECONDS && shown && !["reading", "typing", "menu"].includes(shown.kind) && page;
  const turned = hurry.hidden !== !shows;
  hurry.hidden = !shows;
  if (shows) {
    find("hurry-text").textContent = `${say(page.words.time_runs_out)} ${left} ${shown.english ? "s" : "giây"}`;
    find("hurry-button").textContent = say(page.words.more_time);
  }
  if (turned) fit();
}

function touched() {
  if (endsAt === null || performance.now() - touchedAt < TOUCH_EVERY_MS) return;
  touchedAt = performance.now();
  send("touched");
}

function lost(isLost) {
  clearTimeout(lostTimer);
  if (isLost) lostTimer = setTimeout(() => { find("lost").hidden = false; }, LOST_AFTER_MS);
  else find("lost").hidden = true;
}

async function follow() {
  try {
    const answer = await fetch("v1/page");
    if (!answer.ok) throw new Error("refused");
    page = await answer.json();
    if (!shown) mute(!page.sound);
  } catch {
    lost(true);
    setTimeout(follow, AGAIN_AFTER_MS);
    return;
  }
  const stream = new EventSource("v1/screen");
  stream.addEventListener("screen", (event) => {
    lost(false);
    take(JSON.parse(event.data));
  });
  stream.addEventListener("error", () => {
    lost(true);
    clearDigits();
    stream.close();
    setTimeout(follow, AGAIN_AFTER_MS);
  });
}

document.addEventListener("pointerdown", touched);
document.addEventListener("contextmenu", (event) => event.preventDefault());
document.addEventListener("keydown", (event) => {
  touched();
  if (event.ctrlKey || event.altKey || event.metaKey || !shown) return;
  if (event.key === "Escape" && shown.buttons?.some((one) => ["back", "finish"].includes(one.action))) send("back");
  else if (shown.kind === "pad") padKey(event);
  else if (shown.tiles && /^[1-9]$/.test(event.key)) {
    const tile = shown.tiles[Number(event.key) - 1];
    if (tile) send("choose", { number: tile.number });
  }
});
find("language").addEventListener("click", () => send("language", { english: !shown?.english }));
find("hurry-button").addEventListener("click", () => send("touched"));
find("sound").addEventListener("click", () => {
  mute(!muted());
  drawSound();
  play("card");
});
window.addEventListener("resize", fit);
document.fonts.ready.then(fit);
setInterval(tick, 500);
lost(true);
follow();
