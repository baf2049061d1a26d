import type { Map as LibreMap } from "maplibre-gl";
import { STALE_SECONDS, type Drone } from "../fleet/roster";
import { DRONE_STATES, isParked, type DroneState } from "../fleet/state";
import { element } from "../page/element";
import { iconPixels } from "./icon";
import { mercator, metresPerUnit } from "./mercator";
import { isStill, STILL_MS } from "./motion";
import { rgb, shaderColours, type Tone } from "./palette";
import { SEGMENT_FLOATS, SegmentBuffer, segmentsOf, type Origin } from "./segments";
import { FRAGMENT, VERTEX } from "./shaders";

/** Bytes a number takes in the buffer. */
const FLOAT_BYTES = 4;

/** Up to so many changed slots are uploaded one by one; above that the whole buffer is. */
const PIECES_MAX = 400;

/** Virtual seconds from the origin at which times are counted anew: 32 bits still tell 4 ms apart there. */
const SPAN_SECONDS_MAX = 30_000;

/** Drones are drawn again when the fastest have moved this far, px: finer cannot be seen. */
const STEP_PIXELS = 0.3;

/** A fast drone, m/s, for the same reckoning. */
const FAST_MPS = 30;

/** A wait shorter than this, ms, is none: the display's own rate paces the frames. */
const FRAME_MS_MIN = 20;

/** A frame that takes longer than this, ms, is drawn in software or by a tired device: the page then pauses as long as it drew. */
const SLOW_MS = 45;

/** Between two frames never more than this, ms, so that a drone begins and ends its leg in time. */
const FRAME_MS_MAX = 500;

/** The canvas reaches this far over the map's edges, px, so that a drone whose middle has left the map is still seen as far as it is on it: points are drawn whole or not at all. */
const EDGE_PIXELS = 40;

/** Pixels the world is wide at zoom 0. */
const WORLD_PIXELS = 512;

interface Program {
  readonly program: WebGLProgram;
  readonly array: WebGLVertexArrayObject;
  readonly buffer: WebGLBuffer;
  readonly at: (name: string) => WebGLUniformLocation | null;
}

/** What the canvas asks the page. */
export interface DronesSource {
  /** Virtual now, ms. */
  readonly now: () => number;
  /** Virtual seconds a wall second. */
  readonly speed: () => number;
}

/**
 * Draws all drones on the GPU, on a canvas of its own over the map: the CPU touches a drone when its leg changes, never per frame, and
 * the street map is not drawn again because a drone moves.
 */
export class DronesCanvas {
  #program: Program;
  #uploaded = 0;
  #tone: Tone = "light";
  #lost = false;
  #selected: string | null = null;
  #scheduled = false;
  #origin: Origin;
  readonly #canvas = element("canvas", { class: "drones", "aria-hidden": "true" });
  readonly #gl: WebGL2RenderingContext;
  readonly #segments = new SegmentBuffer();
  readonly #drones = new Map<string, Drone>();
  #only: ReadonlySet<string> | null = null;
  readonly #shown = new Float32Array(DRONE_STATES.length).fill(1);

  /** Lies over `map`; throws where the browser has no WebGL 2. */
  constructor(
    private readonly map: LibreMap,
    private readonly source: DronesSource,
    centre: { latitude: number; longitude: number },
  ) {
    const [x, y] = mercator(centre.latitude, centre.longitude);
    this.#origin = { x, y, time: source.now() };
    const gl = this.#canvas.getContext("webgl2", { antialias: false, depth: false });
    if (gl === null) throw new Error("the browser has no WebGL 2");
    this.#gl = gl;
    this.#program = programOf(gl);
    map.getCanvas().after(this.#canvas);
    // The map's own frames come when it moves: drones must move in the same.
    map.on("render", () => this.#draw());
    this.#canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.#canvas.addEventListener("webglcontextrestored", () => {
      this.#program = programOf(gl);
      this.#uploaded = 0;
    });
    document.addEventListener("visibilitychange", () => this.repaint());
  }

  /** Takes a drone as it is now, or out where it is undefined. */
  set(id: string, drone: Drone | undefined): void {
    if (drone) this.#drones.set(id, drone);
    else this.#drones.delete(id);
    this.#segments.set(id, drone ? this.#segmentsOf(drone) : []);
    this.#schedule(0);
  }

  /** Takes all out. */
  clear(): void {
    for (const id of [...this.#drones.keys()]) this.set(id, undefined);
    this.repaint();
  }

  /** Shows only these drones; all where it is `null`. */
  only(drones: ReadonlySet<string> | null): void {
    const before = this.#only;
    this.#only = drones;
    for (const [id, drone] of this.#drones) if ((before?.has(id) ?? true) !== (drones?.has(id) ?? true)) this.#segments.set(id, this.#segmentsOf(drone));
    this.#schedule(0);
  }

  /** Rings one drone. */
  select(id: string | null): void {
    if (id === this.#selected) return;
    const before = this.#selected;
    this.#selected = id;
    for (const each of [before, id]) if (each !== null) this.set(each, this.#drones.get(each));
    this.repaint();
  }

  /** Shows only drones in these states. */
  show(states: ReadonlySet<DroneState>): void {
    DRONE_STATES.forEach((state, index) => (this.#shown[index] = states.has(state) ? 1 : 0));
    this.repaint();
  }

  /** Draws for light or dark. */
  tone(tone: Tone): void {
    this.#tone = tone;
    this.repaint();
  }

  /** Greys everything while nothing is heard. */
  lost(lost: boolean): void {
    this.#lost = lost;
    this.repaint();
  }

  /** Draws at once, as after what a person did. */
  repaint(): void {
    window.requestAnimationFrame(() => this.#draw());
  }

  /** Draws again after a while, where that is not planned already. */
  #schedule(wait: number): void {
    if (this.#scheduled || document.hidden) return;
    this.#scheduled = true;
    const frame = (): void => {
      const asked = performance.now();
      window.requestAnimationFrame((started) => {
        this.#scheduled = false;
        this.#draw();
        this.#next(Math.max(started, performance.now()) - asked);
      });
    };
    if (wait < FRAME_MS_MIN) frame();
    else window.setTimeout(frame, wait);
  }

  /** Plans the next frame for when something will have moved enough to see. */
  #next(took: number): void {
    if (this.#drones.size === 0) return;
    const metresPerPixel = metresPerUnit(this.map.getCenter().lat) / (WORLD_PIXELS * 2 ** this.map.getZoom());
    const step = (STEP_PIXELS * metresPerPixel * 1_000) / (FAST_MPS * Math.max(this.source.speed(), 0.01));
    const rest = took > SLOW_MS ? Math.min(took, FRAME_MS_MAX) : 0;
    this.#schedule(isStill() ? STILL_MS : Math.max(rest, Math.min(FRAME_MS_MAX, step)));
  }

  #draw(): void {
    const gl = this.#gl;
    if (gl.isContextLost()) return;
    const now = this.source.now();
    if (Math.abs(now - this.#origin.time) > SPAN_SECONDS_MAX * 1_000) this.#rebase(now);
    const density = window.devicePixelRatio || 1;
    const container = this.map.getContainer();
    const [width, height] = [container.clientWidth + 2 * EDGE_PIXELS, container.clientHeight + 2 * EDGE_PIXELS];
    this.#fit(Math.round(width * density), Math.round(height * density));
    this.#upload();
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(this.#program.program);
    this.#uniforms(now, density, width, height);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.#program.array);
    gl.drawArrays(gl.POINTS, 0, this.#segments.count);
  }

  #fit(width: number, height: number): void {
    if (this.#canvas.width === width && this.#canvas.height === height) return;
    this.#canvas.width = width;
    this.#canvas.height = height;
    this.#gl.viewport(0, 0, width, height);
  }

  #uniforms(now: number, density: number, width: number, height: number): void {
    const gl = this.#gl;
    const { at } = this.#program;
    const zoom = this.map.getZoom();
    const { lat, lng } = this.map.getCenter();
    const [x, y] = mercator(lat, lng);
    const pixels = WORLD_PIXELS * 2 ** zoom;
    const [scaleX, scaleY] = [(2 * pixels) / width, (-2 * pixels) / height];
    gl.uniform2f(at("u_scale"), scaleX, scaleY);
    // The difference is taken in 64 bits before the GPU's 32 take over.
    gl.uniform2f(at("u_shift"), (this.#origin.x - x) * scaleX, (this.#origin.y - y) * scaleY);
    gl.uniform1f(at("u_now"), (now - this.#origin.time) / 1_000);
    gl.uniform1f(at("u_size"), iconPixels(zoom, this.#segments.drones) * density);
    gl.uniform1f(at("u_lost"), this.#lost ? 1 : 0);
    gl.uniform1fv(at("u_shown"), this.#shown);
    gl.uniform3fv(at("u_colours"), shaderColours(this.#tone));
    gl.uniform3fv(at("u_edge"), rgb(this.#tone === "light" ? "#ffffff" : "#0b1016"));
    gl.uniform3fv(at("u_core"), rgb("#ffffff"));
  }

  #segmentsOf(drone: Drone): number[][] {
    // Drones that stand ready or charge are counted at their depot, and drawn only when chosen.
    if (isParked(drone.state) && drone.id !== this.#selected) return [];
    if (this.#only !== null && drone.id !== this.#selected && !this.#only.has(drone.id)) return [];
    return segmentsOf(drone, this.#origin, drone.id === this.#selected, STALE_SECONDS * Math.max(1, this.source.speed()));
  }

  #rebase(now: number): void {
    this.#origin = { ...this.#origin, time: now };
    for (const [id, drone] of this.#drones) this.#segments.set(id, this.#segmentsOf(drone));
  }

  #upload(): void {
    const gl = this.#gl;
    const { data } = this.#segments;
    const changed = this.#segments.drain();
    gl.bindBuffer(gl.ARRAY_BUFFER, this.#program.buffer);
    if (data.length !== this.#uploaded || changed.length > PIECES_MAX) {
      gl.bufferData(gl.ARRAY_BUFFER, data, gl.DYNAMIC_DRAW);
      this.#uploaded = data.length;
      return;
    }
    for (const slot of changed) {
      gl.bufferSubData(gl.ARRAY_BUFFER, slot * SEGMENT_FLOATS * FLOAT_BYTES, data, slot * SEGMENT_FLOATS, SEGMENT_FLOATS);
    }
  }
}

function shaderOf(gl: WebGL2RenderingContext, kind: number, text: string): WebGLShader {
  const shader = gl.createShader(kind);
  if (shader === null) throw new Error("the browser gives no shader");
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  return shader;
}

function programOf(gl: WebGL2RenderingContext): Program {
  const program = gl.createProgram();
  gl.attachShader(program, shaderOf(gl, gl.VERTEX_SHADER, VERTEX));
  gl.attachShader(program, shaderOf(gl, gl.FRAGMENT_SHADER, FRAGMENT));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(`the drones' shader: ${gl.getProgramInfoLog(program) ?? ""}`);
  const array = gl.createVertexArray();
  gl.bindVertexArray(array);
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  ["a_path", "a_time", "a_look"].forEach((name, index) => attribute(gl, program, name, index * 4 * FLOAT_BYTES));
  gl.bindVertexArray(null);
  const places = new Map<string, WebGLUniformLocation | null>();
  const at = (name: string): WebGLUniformLocation | null => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
    return places.get(name) ?? null;
  };
  return { program, array, buffer, at };
}

/** Four of a segment's numbers, from an offset. */
function attribute(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, offset: number): void {
  const place = gl.getAttribLocation(program, name);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, 4, gl.FLOAT, false, SEGMENT_FLOATS * FLOAT_BYTES, offset);
}
