// What counter software does with the agent: follow the events, ask for a card, confirm the photo.
// EventSource sends no Authorization header, so the stream is read with fetch. The holder's photo is
// drawn onto a canvas, which is wiped with the officer's answer: nothing of it is left to be saved.

const PHOTO_SECONDS = 120;
const find = (name) => document.querySelector(`[data-${name}]`);
let token = "";
let tap = null;
let heard = "";
let seen = 0; // rises with every person, so that a late photo is of nobody

async function ask(path, body) {
  const answer = await fetch(`/v1/${path}`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  const told = answer.status === 204 ? {} : await answer.json();
  if (!answer.ok) show("failed", told);
  return told;
}

async function follow() {
  const headers = { Authorization: `Bearer ${token}` };
  if (heard) headers["Last-Event-ID"] = heard;
  const answer = await fetch("/v1/events", { headers });
  if (!answer.ok) throw new Error(String(answer.status));
  find("sign-in").hidden = true;
  find("verify").hidden = false;
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const parts = (rest + value).split("\n\n");
    rest = parts.pop();
    parts.forEach(take);
  }
}

function take(text) {
  const lines = Object.fromEntries(text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]));
  if (!lines.event) return;
  heard = lines.id;
  const told = JSON.parse(lines.data);
  if (lines.event === "state") {
    find("state").textContent = `Đã kết nối · connected ${JSON.stringify(told)}`;
    return;
  }
  if (lines.event === "photo_needed") tap = told.tap;
  if (lines.event === "photo_needed" || lines.event === "verified") meet(lines.event, told);
  else if (lines.event === "card_in" || (lines.event === "ended" && tap === null)) leave();
  find("photo").hidden = tap === null;
  show(lines.event, told);
}

async function meet(kind, told) {
  leave();
  const mine = seen;
  setTimeout(() => { if (mine === seen) leave(); }, PHOTO_SECONDS * 1000);
  find("name").textContent = told.name ?? "";
  find("person").hidden = !told.name;
  if (kind === "verified" && told.released.portrait !== true) return;
  const headers = { Authorization: `Bearer ${token}` };
  const answer = await fetch(`/v1/portrait?tap=${encodeURIComponent(told.tap)}`, { headers });
  if (!answer.ok) return; // none was released: the officer has the card's
  const picture = await createImageBitmap(await answer.blob());
  if (mine === seen) {
    find("portrait").getContext("2d").drawImage(picture, 0, 0, 360, 480);
    find("portrait").hidden = find("person").hidden = false;
  }
  picture.close();
}

function leave() {
  seen += 1;
  find("portrait").width = 360; // wipes it
  find("portrait").hidden = find("person").hidden = true;
  find("name").textContent = "";
}

function show(kind, told) {
  const item = document.createElement("li");
  item.dataset.kind = kind;
  const words = told.message_vi ? `${told.message_vi} ${told.message_en}` : "";
  item.textContent = [kind, told.level, told.name, words, told.reason].filter(Boolean).join(" · ");
  find("events").prepend(item);
}

find("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  token = event.target.token.value.trim();
  for (;;) {
    try {
      await follow();
    } catch (error) {
      find("state").textContent = `Không kết nối được · not connected (${error.message})`;
      if (!find("sign-in").hidden) return;
    }
    await new Promise((go) => setTimeout(go, 1000));
  }
});
find("verify").addEventListener("submit", (event) => {
  event.preventDefault();
  ask("verify", { service: event.target.service.value, level: event.target.level.value });
});
find("cancel").addEventListener("click", () => {
  tap = null;
  find("photo").hidden = true;
  leave();
  ask("cancel", {});
});
find("photo").addEventListener("submit", async (event) => {
  event.preventDefault();
  const matches = event.submitter.value === "yes";
  leave();
  await ask("confirm-photo", { tap, officer: event.target.officer.value, matches });
  tap = null;
  find("photo").hidden = true;
});
