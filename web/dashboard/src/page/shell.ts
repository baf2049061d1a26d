import type { Link, Telemetry } from "../telemetry/connection";
import { element, say } from "./element";
import type { Theme } from "./tone";
import { clockTime, speedWords } from "./words";

/** The bar on top: what this is, what time it is there, and whether we still hear of it. */
export class Shell {
  readonly header: HTMLElement;
  readonly #clock = element("time", { class: "clock-time" });
  readonly #speed = element("span", { class: "clock-speed" });
  readonly #link = element("p", { class: "link", role: "status" });
  readonly #scenario = element("span", { class: "scenario" });

  constructor(theme: Theme, subtitle: string) {
    this.header = element(
      "header",
      { class: "bar" },
      element("a", { class: "brand", href: "/", "aria-label": "Skyhaul" }, element("img", { src: "/skyhaul.svg", alt: "", width: 26, height: 26 }), element("span", {}, "Skyhaul")),
      this.#scenario,
      element("div", { class: "bar-space" }),
      element("p", { class: "clock", title: "Virtual time, and how fast it goes" }, this.#clock, this.#speed),
      this.#link,
      theme.button(),
    );
    this.name(subtitle);
  }

  /** Says what is shown. */
  name(text: string): void {
    say(this.#scenario, text);
    document.title = `${text} · Skyhaul`;
  }

  /** Keeps time and connection up to date. */
  follow(telemetry: Telemetry): void {
    telemetry.onLink((link) => this.#show(link));
    window.setInterval(() => this.#tick(telemetry), 250);
  }

  #tick(telemetry: Telemetry): void {
    if (telemetry.clock.known) {
      say(this.#clock, clockTime(telemetry.now(), true));
      say(this.#speed, speedWords(telemetry.clock.speed));
    }
    const { link } = telemetry;
    if (link.state === "lost") {
      const wait = Math.ceil((link.retryAt - performance.now()) / 1_000);
      this.#link.title = wait > 0 ? `Next attempt in ${wait} s` : "Connecting…";
    }
  }

  #show(link: Link): void {
    this.#link.dataset["state"] = link.state;
    this.#link.title = "";
    say(this.#link, { connecting: "Connecting…", live: "Live", lost: "Reconnecting…" }[link.state]);
  }
}

/** A line across the page for what a person must know, with nothing behind it to break. */
export function notice(text: string): HTMLElement {
  return element("p", { class: "notice", role: "alert" }, text);
}
