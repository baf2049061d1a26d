/** A time of day in the reader's own zone. */
export function clockTime(ms: number, seconds = false): string {
  return new Date(ms).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) });
}

/** When something arrives, virtual ms: `Arrives between 12:03 and 12:06`, or about a time where both bounds say the same minute or are not known. */
export function arrivalWords(eta: number, low: number, high: number): string {
  const [from, to] = [clockTime(Math.min(low, eta)), clockTime(Math.max(high, eta))];
  const known = Number.isFinite(low) && Number.isFinite(high);
  return known && from !== to ? `Arrives between ${from} and ${to}` : `Arrives about ${clockTime(eta)}`;
}

/** A span in words, rounded as one would say it: `45 s`, `4 min`, `1 h 5 min`. */
export function span(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 90) return `${whole} s`;
  const minutes = Math.round(whole / 60);
  if (minutes < 60) return `${minutes} min`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A countdown: `4:07`, `1:04:07`. */
export function countdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  const two = (part: number): string => String(part).padStart(2, "0");
  const hours = Math.floor(whole / 3_600);
  const minutes = Math.floor((whole % 3_600) / 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${two(whole % 60)}` : `${minutes}:${two(whole % 60)}`;
}

/** The first characters of an id, enough to tell it by. */
export function short(id: string): string {
  return id.length > 13 ? id.slice(0, 8) : id;
}

/** How fast time goes. */
export function speedWords(speed: number | null): string {
  if (speed === 0) return "paused";
  if (speed === null) return "as fast as it can";
  return speed === 1 ? "real time" : `×${Number(speed.toPrecision(3))}`;
}

/** A compass direction of eight. */
export function compass(degrees: number): string {
  return ["N", "NE", "E", "SE", "S", "SW", "W", "NW"][Math.round((((degrees % 360) + 360) % 360) / 45) % 8] ?? "N";
}
