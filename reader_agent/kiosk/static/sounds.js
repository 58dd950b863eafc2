// Soft tones, made here: no file, no network.

const TONES = {
  card: [[523, 0.12]],
  good: [[523, 0.14], [784, 0.26]],
  bad: [[330, 0.2], [247, 0.3]],
  remove: [[659, 0.14], [0, 0.08], [659, 0.14]],
};
const REPEAT_MS = 6000;
const MOST_REPEATS = 10;

let silent = true;
let context = null;
let repeating = null;

export const muted = () => silent;

export function mute(isMuted) {
  silent = isMuted;
}

export function play(name, repeats = false) {
  clearInterval(repeating);
  sound(name);
  if (!repeats) return;
  let left = MOST_REPEATS;
  repeating = setInterval(() => {
    if (--left < 0) clearInterval(repeating);
    else sound(name);
  }, REPEAT_MS);
}

function sound(name) {
  if (silent || !TONES[name]) return;
  context ??= new AudioContext();
  if (context.state === "suspended") context.resume();
  let at = context.currentTime;
  for (const [hertz, seconds] of TONES[name]) {
    if (hertz) tone(hertz, at, seconds);
    at += seconds;
  }
}

function tone(hertz, at, seconds) {
  const source = context.createOscillator();
  const loudness = context.createGain();
  source.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.2, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + seconds);
  source.connect(loudness).connect(context.destination);
  source.start(at);
  source.stop(at + seconds);
}
