import { describe, expect, it } from "vitest";
import { Archive } from "../src/map/archive";

const BYTES = Uint8Array.from({ length: 100 }, (_, index) => index);

/** A server of `BYTES` whose answers may be tampered with, one after the other. */
function server(...tampered: ((answer: Response) => Response | Promise<Response>)[]): { load: typeof fetch; asked: RequestInit[] } {
  const asked: RequestInit[] = [];
  const load = async (_url: unknown, request: RequestInit = {}): Promise<Response> => {
    asked.push(request);
    const [, from = "0", to = "0"] = /bytes=(\d+)-(\d+)/.exec(new Headers(request.headers).get("range") ?? "") ?? [];
    const part = BYTES.slice(Number(from), Number(to) + 1);
    const answer = new Response(part, { status: 206, headers: { "content-length": String(part.length) } });
    return (tampered.shift() ?? ((same) => same))(answer);
  };
  return { load: load as typeof fetch, asked };
}

const empty = (answer: Response): Response => new Response(new Uint8Array(), { status: 206, headers: answer.headers });

describe("the archive", () => {
  it("reads a range past the browser's cache", async () => {
    const { load, asked } = server();
    const { data } = await new Archive("/map", load).getBytes(10, 5);
    expect([...new Uint8Array(data)]).toEqual([10, 11, 12, 13, 14]);
    expect(asked.map(({ cache }) => cache)).toEqual(["no-store"]);
  });

  it("asks once more where bytes are missing or the link drops", async () => {
    const dropped = (): Response => {
      throw new TypeError("Failed to fetch");
    };
    for (const fault of [empty, dropped]) {
      const { data } = await new Archive("/map", server(fault).load).getBytes(0, 3);
      expect([...new Uint8Array(data)]).toEqual([0, 1, 2]);
    }
  });

  it("gives up after that, saying what came", async () => {
    const { load, asked } = server(empty, empty, empty);
    await expect(new Archive("/map", load).getBytes(0, 3)).rejects.toThrow("0 of 3 bytes");
    expect(asked).toHaveLength(2);
    const whole = server(() => new Response("all", { status: 200 }), () => new Response("all", { status: 200 }));
    await expect(new Archive("/map", whole.load).getBytes(0, 3)).rejects.toThrow("answered with 200");
  });

  it("does not ask again for what is no longer wanted", async () => {
    const { load, asked } = server(empty, empty);
    await expect(new Archive("/map", load).getBytes(0, 3, AbortSignal.abort())).rejects.toThrow();
    expect(asked).toHaveLength(1);
  });
});
