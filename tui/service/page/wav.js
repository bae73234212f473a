// Records the microphone as a wav file: 16 bit, one channel, at the browser's sample rate.
"use strict";

async function recorder() {
  const wanted = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const stream = await navigator.mediaDevices.getUserMedia({ audio: wanted });
  const context = new AudioContext();
  await context.audioWorklet.addModule("/page/tap.js");
  const tap = new AudioWorkletNode(context, "tap");
  const pieces = [];
  tap.port.onmessage = ({ data }) => pieces.push(data);
  context.createMediaStreamSource(stream).connect(tap);
  return {
    seconds: () => pieces.reduce((sum, piece) => sum + piece.length, 0) / context.sampleRate,
    async end() {
      stream.getTracks().forEach(track => track.stop());
      await context.close();
      return wav(pieces, context.sampleRate);
    },
  };
}

function wav(pieces, rate) {
  const count = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const data = new DataView(new ArrayBuffer(44 + 2 * count));
  const text = (at, string) => [...string].forEach((c, i) => data.setUint8(at + i, c.charCodeAt(0)));
  text(0, "RIFF"); data.setUint32(4, 36 + 2 * count, true); text(8, "WAVEfmt ");
  data.setUint32(16, 16, true); data.setUint16(20, 1, true); data.setUint16(22, 1, true);
  data.setUint32(24, rate, true); data.setUint32(28, 2 * rate, true); data.setUint16(32, 2, true); data.setUint16(34, 16, true);
  text(36, "data"); data.setUint32(40, 2 * count, true);
  let at = 44;
  for (const piece of pieces) for (const sample of piece) {
    data.setInt16(at, Math.max(-1, Math.min(1, sample)) * 0x7fff, true);
    at += 2;
  }
  return new File([data], "recorded.wav", { type: "audio/wav" });
}
