// The pad on the screen. What is typed lives in one array, which is emptied when it is sent, when
// the screen changes and when the agent is lost; it is in no element of the page but as dots.

const digits = [];
let pad = null;
let order = null;
let orderOf = "";

export function clearDigits() {
  digits.fill("");
  digits.length = 0;
}

export function padKey(event) {
  if (!pad) return;
  if (/^[0-9]$/.test(event.key)) pad.digit(event.key);
  else if (event.key === "Backspace") pad.erase();
  else if (event.key === "Enter" && !event.target.closest?.("button")) pad.confirm();
  else return;
  event.preventDefault();
}

export function drawPad(told, words, send, redraw) {
  const ready = () => digits.length >= told.least;
  pad = {
    digit(one) {
      if (digits.length < told.most) digits.push(one);
      redraw();
    },
    erase() {
      digits.pop();
      redraw();
    },
    confirm() {
      if (!ready()) return;
      const text = digits.join("");
      clearDigits();
      redraw();
      send("typed", { text });
    },
  };
  const keys = document.createElement("div");
  keys.className = "keys";
  for (const one of orderFor(told).slice(0, 9)) keys.append(key(one, one, () => pad.digit(one)));
  const erase = key("erase", words.erase, pad.erase, "word");
  const last = orderFor(told)[9];
  const confirm = key("confirm", words.confirm, pad.confirm, "word confirm");
  confirm.disabled = !ready();
  keys.append(erase, key(last, last, () => pad.digit(last)), confirm);
  return keys;
}

export function drawTyped(told) {
  const line = document.createElement("p");
  line.className = "dots";
  line.setAttribute("role", "img");
  line.setAttribute("aria-label", `${digits.length}`);
  if (told.mask === "all") line.append(...dots(told));
  else if (told.mask === "number") line.append(...grouped(told, 3, (at) => (at >= digits.length - 4 ? digits[at] : "•")));
  else line.append(...grouped(told, 0, (at) => digits[at], [2, 4]));
  return line;
}

function dots(told) {
  const slots = Math.max(told.least, Math.min(told.most, digits.length + 1));
  return Array.from({ length: slots }, (_, at) => {
    const dot = document.createElement("span");
    dot.className = `dot${at < digits.length ? " full" : ""}${at >= told.least ? " more" : ""}`;
    return dot;
  });
}

function grouped(told, every, shows, after = []) {
  return Array.from({ length: told.most }, (_, at) => {
    const place = document.createElement("span");
    const filled = at < digits.length;
    const ends = every ? (at + 1) % every === 0 : after.includes(at + 1);
    place.className = `${filled ? "" : "empty"}${ends ? " gap" : ""}`;
    place.textContent = filled ? shows(at) : "_";
    return place;
  });
}

function key(name, text, act, more = "") {
  const button = document.createElement("button");
  button.type = "button";
  button.className = `key ${more}`;
  button.dataset.key = `key-${name}`;
  button.textContent = text;
  button.addEventListener("click", act);
  return button;
}

function orderFor(told) {
  const now = `${told.instance}-${told.step}`;
  if (order && orderOf === now) return order;
  orderOf = now;
  order = [..."1234567890"];
  if (told.shuffle) {
    const random = crypto.getRandomValues(new Uint32Array(order.length));
    for (let at = order.length - 1; at > 0; at -= 1) {
      const other = random[at] % (at + 1);
      [order[at], order[other]] = [order[other], order[at]];
    }
  }
  return order;
}
