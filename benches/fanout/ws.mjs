// npm's `ws` as a peer of the fan-out bench: writes BYTES to each client a second, a tenth of the clients at each tick; answers each line on the
// standard input with a report. Usage: node ws.mjs BYTES
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { WebSocketServer } from "ws";

const frame = Buffer.alloc(Number(process.argv[2]));
const clients = [];
let writes = 0;
let tick = 0;

const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false, handleProtocols: (offered) => [...offered][0] });
server.on("listening", () => console.log(`127.0.0.1:${server.address().port}`));
server.on("connection", (client) => clients.push(client));
setInterval(() => {
  for (let at = tick % 10; at < clients.length; at += 10) {
    clients[at].send(frame);
    writes += 1;
  }
  tick += 1;
}, 100);

createInterface({ input: process.stdin }).on("line", () => {
  const { user, system } = process.cpuUsage();
  const resident = Number(readFileSync("/proc/self/statm", "utf8").split(" ")[1]) * 4096;
  const report = { threads_ns: { ws: (user + system) * 1000 }, resident, clients: clients.length, writes, bytes: writes * frame.length, lag_us: [] };
  console.log(JSON.stringify(report));
});
