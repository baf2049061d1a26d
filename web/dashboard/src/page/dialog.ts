import { element, say } from "./element";

/** What a dialogue asks. */
export interface Question {
  readonly title: string;
  /** What will happen, in a sentence or two. */
  readonly text: string;
  /** What the button says that does it. */
  readonly act: string;
  /** Whether it takes something from somebody. */
  readonly danger?: boolean;
  /** What else is asked; named controls are the dialogue's answer. */
  readonly more?: HTMLElement;
  /** Does it; what it throws is said in the dialogue, which then stays open. */
  readonly does: (answers: FormData) => Promise<void>;
}

let opened = 0;

/** Asks before something is done, and does it: the focus is kept inside and goes back afterwards. Settles with whether it was done. */
export function confirmed({ title, text, act, danger, more, does }: Question): Promise<boolean> {
  const number = ++opened;
  const said = element("p", { class: "form-said", role: "alert" });
  const yes = element("button", { type: "submit", class: `button ${danger ? "danger-primary" : "primary"}` }, act);
  const no = element("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Leave it");
  const form = element("form", { class: "stack", method: "dialog" }, element("h2", { id: `dialog-${number}` }, title), element("p", { id: `dialog-${number}-text` }, text), more, said, element("div", { class: "buttons" }, no, yes));
  const dialog = element("dialog", { class: "dialog", "aria-labelledby": `dialog-${number}`, "aria-describedby": `dialog-${number}-text` }, form);
  // Keys that mean something to the page mean nothing to it while it waits for an answer.
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    let done = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      yes.disabled = true;
      say(said, "");
      does(new FormData(form)).then(
        () => {
          done = true;
          dialog.close();
        },
        (problem: unknown) => {
          yes.disabled = false;
          say(said, problem instanceof Error ? problem.message : String(problem));
        },
      );
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(done);
    });
  });
}
