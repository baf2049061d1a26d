import type { RangeResponse, Source } from "pmtiles";

/** Attempts at one range: a link that drops once is no reason for a hole in the map. */
const ATTEMPTS_MAX = 2;

/**
 * An archive of tiles read by HTTP ranges, past the browser's cache: Chromium answers a range whose first download was broken off,
 * as happens whenever the map moves on, with an empty body out of its cache.
 */
export class Archive implements Source {
  constructor(
    private readonly url: string,
    private readonly load: typeof fetch = (...request) => fetch(...request),
  ) {}

  getKey(): string {
    return this.url;
  }

  async getBytes(offset: number, length: number, signal?: AbortSignal): Promise<RangeResponse> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return { data: await this.#range(offset, length, signal) };
      } catch (error) {
        if (signal?.aborted || attempt === ATTEMPTS_MAX) throw error;
      }
    }
  }

  async #range(offset: number, length: number, signal?: AbortSignal): Promise<ArrayBuffer> {
    const range = `bytes=${offset}-${offset + length - 1}`;
    const answer = await this.load(this.url, { headers: { range }, cache: "no-store", ...(signal ? { signal } : {}) });
    if (answer.status !== 206) throw new Error(`${this.url}: ${range} was answered with ${answer.status}`);
    const data = await answer.arrayBuffer();
    const said = Number(answer.headers.get("content-length") ?? data.byteLength);
    if (data.byteLength < said) throw new Error(`${this.url}: ${data.byteLength} of ${said} bytes of ${range} came`);
    return data;
  }
}
