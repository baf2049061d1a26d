import type { CustomLayerInterface, CustomRenderMethodInput, Map as LibreMap } from "maplibre-gl";
import { STALE_SECONDS, type Drone } from "../fleet/roster";
import { DRONE_STATES, type DroneState } from "../fleet/state";
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

/** The map is drawn again when the fastest drones have moved this far, px: finer cannot be seen. */
const STEP_PIXELS = 0.3;

/** A fast drone, m/s, for the same reckoning. */
const FAST_MPS = 30;

/** A wait shorter than this, ms, is none: the display's own rate paces the frames. */
const FRAME_MS_MIN = 20;

/** A frame that takes longer than this, ms, is drawn in software or by a tired device: the page then pauses as long as it drew. */
const SLOW_MS = 45;

/** Nor more than this, ms, so that a drone begins and ends its leg in time. */
const FRAME_MS_MAX = 500;

interface Program {
  readonly program: WebGLProgram;
  readonly array: WebGLVertexArrayObject;
  readonly buffer: WebGLBuffer;
  readonly at: (name: string) => WebGLUniformLocation | null;
}

/** What the layer asks the page. */
export interface DronesSource {
  /** Virtual now, ms. */
  readonly now: () => number;
  /** Virtual seconds a wall second. */
  readonly speed: () => number;
}

/** Draws all drones of the roster on the GPU: the CPU touches a drone when its leg changes, never per frame. */
export class DronesLayer implements CustomLayerInterface {
  readonly id = "drones";
  readonly type = "custom" as const;
  #map: LibreMap | null = null;
  #gl: Program | null = null;
  #uploaded = 0;
  #tone: Tone = "light";
  #lost = false;
  #selected: string | null = null;
  #waiting = false;
  #drawnAt = 0;
  #askedAt = 0;
  #origin: Origin;
  readonly #segments = new SegmentBuffer();
  readonly #drones = new Map<string, Drone>();
  readonly #shown = new Float32Array(DRONE_STATES.length).fill(1);

  constructor(
    private readonly source: DronesSource,
    centre: { latitude: number; longitude: number },
  ) {
    const [x, y] = mercator(centre.latitude, centre.longitude);
    this.#origin = { x, y, time: source.now() };
  }

  /** Takes a drone as it is now, or out where it is undefined. */
  set(id: string, drone: Drone | undefined): void {
    if (drone) this.#drones.set(id, drone);
    else this.#drones.delete(id);
    this.#segments.set(id, drone ? this.#segmentsOf(drone) : []);
    // Where a frame is coming anyway, the change is shown with it.
    if (!this.#waiting) this.repaint();
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

  /** Asks for a frame. */
  repaint(): void {
    this.#map?.triggerRepaint();
  }

  onAdd(map: LibreMap, gl: WebGL2RenderingContext): void {
    this.#map = map;
    this.#gl = programOf(gl);
    this.#uploaded = 0;
  }

  onRemove(_map: LibreMap, gl: WebGL2RenderingContext): void {
    if (this.#gl) {
      gl.deleteProgram(this.#gl.program);
      gl.deleteBuffer(this.#gl.buffer);
      gl.deleteVertexArray(this.#gl.array);
    }
    this.#gl = null;
    this.#map = null;
  }

  render(gl: WebGL2RenderingContext, input: CustomRenderMethodInput): void {
    if (!this.#gl || !this.#map) return;
    const now = this.source.now();
    if (Math.abs(now - this.#origin.time) > SPAN_SECONDS_MAX * 1_000) this.#rebase(now);
    this.#upload(gl, this.#gl);
    const { at, program, array } = this.#gl;
    const { width, height } = gl.canvas;
    const density = window.devicePixelRatio || 1;
    const zoom = this.#map.getZoom();
    const size = Math.min(17, Math.max(8, 4 + (zoom - 9) * 2.2)) * density;
    gl.useProgram(program);
    gl.uniformMatrix4fv(at("u_matrix"), false, shifted(input.defaultProjectionData.mainMatrix, this.#origin));
    gl.uniform2f(at("u_viewport"), width, height);
    gl.uniform1f(at("u_now"), (now - this.#origin.time) / 1_000);
    gl.uniform1f(at("u_size"), size);
    gl.uniform1f(at("u_bearing"), (this.#map.getBearing() * Math.PI) / 180);
    gl.uniform1f(at("u_lost"), this.#lost ? 1 : 0);
    gl.uniform1fv(at("u_shown"), this.#shown);
    gl.uniform3fv(at("u_colours"), shaderColours(this.#tone));
    gl.uniform3fv(at("u_edge"), rgb(this.#tone === "light" ? "#ffffff" : "#0b1016"));
    gl.uniform3fv(at("u_core"), rgb("#ffffff"));
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(array);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#segments.count);
    gl.bindVertexArray(null);
    this.#next(zoom);
  }

  /** Draws again when something will have moved enough to see. */
  #next(zoom: number): void {
    const drawn = performance.now();
    const took = drawn - Math.max(this.#drawnAt, this.#askedAt);
    this.#drawnAt = drawn;
    if (this.#waiting || this.#drones.size === 0 || document.hidden) return;
    const latitude = this.#map?.getCenter().lat ?? 0;
    const metresPerPixel = metresPerUnit(latitude) / (512 * 2 ** zoom);
    const step = (STEP_PIXELS * metresPerPixel * 1_000) / (FAST_MPS * Math.max(this.source.speed(), 0.01));
    const rest = took > SLOW_MS ? Math.min(took, FRAME_MS_MAX) : 0;
    const wait = isStill() ? STILL_MS : Math.max(rest, Math.min(FRAME_MS_MAX, step));
    this.#waiting = true;
    const again = (): void => {
      this.#waiting = false;
      this.#askedAt = performance.now();
      this.repaint();
    };
    if (wait < FRAME_MS_MIN) again();
    else window.setTimeout(again, wait);
  }

  #segmentsOf(drone: Drone): number[][] {
    return segmentsOf(drone, this.#origin, drone.id === this.#selected, STALE_SECONDS * Math.max(1, this.source.speed()));
  }

  #rebase(now: number): void {
    this.#origin = { ...this.#origin, time: now };
    for (const [id, drone] of this.#drones) this.#segments.set(id, this.#segmentsOf(drone));
  }

  #upload(gl: WebGL2RenderingContext, { buffer }: Program): void {
    const { data } = this.#segments;
    const changed = this.#segments.drain();
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
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

/** The projection of a point relative to the origin, multiplied in 64 bits before the GPU's 32 take over. */
function shifted(matrix: ArrayLike<number>, { x, y }: Origin): Float32Array {
  const m = Array.from(matrix);
  const moved = [0, 1, 2, 3].map((row) => (m[row] ?? 0) * x + (m[4 + row] ?? 0) * y + (m[12 + row] ?? 0));
  return new Float32Array([...m.slice(0, 12), ...moved]);
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
  gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
  attribute(gl, program, "a_corner", 2, 0, 0, 0);
  const buffer = gl.createBuffer();
  gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
  ["a_path", "a_time", "a_look"].forEach((name, index) => attribute(gl, program, name, 4, SEGMENT_FLOATS * FLOAT_BYTES, index * 4 * FLOAT_BYTES, 1));
  gl.bindVertexArray(null);
  const places = new Map<string, WebGLUniformLocation | null>();
  const at = (name: string): WebGLUniformLocation | null => {
    if (!places.has(name)) places.set(name, gl.getUniformLocation(program, name));
    return places.get(name) ?? null;
  };
  return { program, array, buffer, at };
}

function attribute(gl: WebGL2RenderingContext, program: WebGLProgram, name: string, size: number, stride: number, offset: number, divisor: number): void {
  const place = gl.getAttribLocation(program, name);
  gl.enableVertexAttribArray(place);
  gl.vertexAttribPointer(place, size, gl.FLOAT, false, stride, offset);
  gl.vertexAttribDivisor(place, divisor);
}
