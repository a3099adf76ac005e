// Reads a voucher's QR code with the camera and hands its token to the same form that takes a typed code.
// What is scanned is never followed: only the token of a voucher's address is read, and the server judges it.
import { form, voucherPath } from "./look_up.js";

const WIDEST = 1280; // pixels of a frame that is looked at: enough for the code, small enough for an old phone
const PAUSE = 100; // milliseconds between two looks
const FAULTS = 5; // looks that may fail one after the other before we say that the scanner does not work here

const box = document.getElementById("camera");
const video = box.querySelector("video");
const words = box.querySelector(".camera-words");
const startButton = box.querySelector("[data-start]");
const torchButton = box.querySelector("[data-torch]");
const canvas = document.createElement("canvas");

let stream = null;
let turn = 0; // each start has a number of its own, so that whatever an earlier one still awaits comes to nothing

function say(key) {
  if (words.textContent !== box.dataset[key]) words.textContent = box.dataset[key];
}

/** A reader without any memory of what it read before. */
function freshReader() {
  ZXingWASM.purgeZXingModule();
  return ZXingWASM.prepareZXingModule({
    overrides: { locateFile: () => box.dataset.wasm },
    fireImmediately: true,
  });
}

function frame() {
  const scale = Math.min(1, WIDEST / video.videoWidth);
  canvas.width = Math.round(video.videoWidth * scale);
  canvas.height = Math.round(video.videoHeight * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.drawImage(video, 0, 0, canvas.width, canvas.height);
  return context.getImageData(0, 0, canvas.width, canvas.height);
}

/** The texts of the QR codes in what the camera shows now. */
async function look() {
  if (!video.videoWidth) return [];
  const found = await ZXingWASM.readBarcodes(frame(), { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 4 });
  return found.filter((each) => each.isValid).map((each) => each.text);
}

function pause() {
  return new Promise((done) => setTimeout(done, PAUSE));
}

function stop() {
  turn += 1;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
  video.hidden = true;
  torchButton.hidden = true;
  torchButton.setAttribute("aria-pressed", "false");
}

function giveUp(key) {
  stop();
  say(key);
  startButton.hidden = key === "broken";
}

function accept(path) {
  stop();
  say("found");
  navigator.vibrate?.(80);
  form.elements.namedItem("code").value = path;
  form.requestSubmit();
}

async function openCamera() {
  return navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: { ideal: "environment" }, width: { ideal: 1280 }, height: { ideal: 960 } },
  });
}

async function start() {
  stop();
  const mine = turn;
  startButton.hidden = true;
  say("asking");
  let opened;
  try {
    opened = await openCamera();
  } catch (refused) {
    if (mine === turn) giveUp(refused.name === "NotAllowedError" ? "denied" : "none");
    return;
  }
  if (mine !== turn) {
    opened.getTracks().forEach((track) => track.stop());
    return;
  }
  stream = opened;
  video.srcObject = stream;
  video.hidden = false;
  torchButton.hidden = !stream.getVideoTracks()[0]?.getCapabilities?.().torch;
  try {
    await Promise.all([video.play(), freshReader()]);
  } catch {
    if (mine === turn) giveUp("broken");
    return;
  }
  if (mine === turn) {
    say("looking");
    await scan(mine);
  }
}

async function scan(mine) {
  let faults = 0;
  while (mine === turn) {
    let texts = [];
    try {
      texts = await look();
      faults = 0;
    } catch {
      faults += 1;
      if (faults === FAULTS) {
        if (mine === turn) giveUp("broken");
        return;
      }
      await freshReader().catch(() => {}); // one bad picture must not spoil those after it
    }
    if (mine !== turn) return;
    const path = texts.map(voucherPath).find(Boolean);
    if (path) {
      accept(path);
      return;
    }
    if (texts.length) say("foreign");
    await pause();
  }
}

async function switchTorch() {
  const on = torchButton.getAttribute("aria-pressed") !== "true";
  try {
    await stream.getVideoTracks()[0].applyConstraints({ advanced: [{ torch: on }] });
    torchButton.setAttribute("aria-pressed", String(on));
  } catch {
    torchButton.hidden = true;
  }
}

box.hidden = false;
if (navigator.mediaDevices?.getUserMedia && globalThis.ZXingWASM) {
  let wanted = true; // whether the camera runs again when the page is looked at again
  startButton.addEventListener("click", start);
  torchButton.addEventListener("click", switchTorch);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) {
      wanted = stream !== null;
      stop();
    } else if (wanted) {
      start();
    }
  });
  window.addEventListener("pagehide", stop);
  window.addEventListener("pageshow", (event) => event.persisted && start());
  start();
} else {
  say("none");
}
