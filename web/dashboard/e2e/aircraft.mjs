// An aircraft that flies elsewhere: says by MAVLink 2 over UDP where it is.
import { createSocket } from "node:dgram";

/** Of the messages that are sent: their number, and the byte by which both sides know that they mean the same fields. */
const HEARTBEAT = { number: 0, extra: 50 };
const GLOBAL_POSITION_INT = { number: 33, extra: 104 };
const BATTERY_STATUS = { number: 147, extra: 154 };

/** How often it says where it is, ms. */
const SAYS_EVERY_MS = 250;

/** The checksum of MAVLink: CRC-16/MCRF4XX. */
function checksum(bytes) {
  return bytes.reduce((crc, byte) => {
    let low = (byte ^ crc) & 0xff;
    low = (low ^ (low << 4)) & 0xff;
    return ((crc >> 8) ^ (low << 8) ^ (low << 3) ^ (low >> 4)) & 0xffff;
  }, 0xffff);
}

function packet({ number, extra }, system, payload) {
  const head = [payload.length, 0, 0, 0, system, 1, number & 0xff, number >> 8, 0];
  const crc = checksum([...head, ...payload, extra]);
  return Buffer.from([0xfd, ...head, ...payload, crc & 0xff, crc >> 8]);
}

function position({ latitude, longitude, altitude, north }, system) {
  const bytes = Buffer.alloc(28);
  bytes.writeInt32LE(Math.round(latitude * 1e7), 4);
  bytes.writeInt32LE(Math.round(longitude * 1e7), 8);
  bytes.writeInt32LE(altitude * 1_000, 12);
  bytes.writeInt32LE(altitude * 1_000, 16);
  bytes.writeInt16LE(north * 100, 20);
  return packet(GLOBAL_POSITION_INT, system, bytes);
}

/** Flies as system so-and-so: tells `address` of itself until it is called off. */
export function fly(address, system, where, battery) {
  const [host, port] = address.split(":");
  const socket = createSocket("udp4");
  const heart = packet(HEARTBEAT, system, [0, 0, 0, 0, 2, 3, 128, 4, 3]);
  const power = Buffer.alloc(36);
  power[35] = battery;
  const said = Buffer.concat([heart, position(where, system), packet(BATTERY_STATUS, system, power)]);
  const say = () => socket.send(said, Number(port), host);
  say();
  const timer = setInterval(say, SAYS_EVERY_MS);
  return () => {
    clearInterval(timer);
    socket.close();
  };
}
