import { api, Problem } from "../api/client";
import { key } from "../api/key";
import { element, say } from "../page/element";

/** Why a key is asked for. */
export function reasonOf(status: number, shown: boolean): string {
  if (status === 403) return "This key does not open this page. Use one of an operator.";
  return shown ? "The service does not take this key. It may have been revoked, or mistyped." : "";
}

/** Asks for a key until the service takes one. */
export function askForKey(page: HTMLElement, problem: Problem, opens: () => Promise<unknown>): Promise<void> {
  const input = element("input", { type: "password", id: "service-key", autocomplete: "off", spellcheck: "false", required: true, "aria-describedby": "service-key-said" });
  const said = element("p", { class: "form-said", id: "service-key-said", role: "alert" }, reasonOf(problem.status, key.value !== null));
  const send = element("button", { type: "submit", class: "button primary" }, "Open");
  const form = element(
    "form",
    { class: "key-form stack", novalidate: true },
    element("h1", {}, "This service asks who you are"),
    element("div", { class: "field" }, element("label", { for: "service-key" }, "API key"), input),
    element("p", { class: "faint" }, "It stays in this tab and is forgotten when the tab is closed."),
    said,
    send,
  );
  page.className = "";
  page.replaceChildren(element("main", { class: "empty" }, form));
  input.focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const text = input.value.trim();
      if (text === "") return say(said, "Give the key.");
      send.disabled = true;
      void tried(text, opens).then((why) => {
        send.disabled = false;
        if (why === null) return resolve();
        say(said, why);
        input.select();
      });
    });
  });
}

/** Tries a key: nothing is wrong where the service takes it. */
async function tried(text: string, opens: () => Promise<unknown>): Promise<string | null> {
  key.set(text);
  try {
    await opens();
    return null;
  } catch (problem) {
    if (!(problem instanceof Problem)) return String(problem);
    if (problem.status === 401 || problem.status === 403) {
      key.set(null);
      return reasonOf(problem.status, true);
    }
    return problem.message;
  }
}

/** Sends a page whose key is taken no longer back to the question. */
export function watchKey(): void {
  api.onRefused(() => window.location.reload());
}
