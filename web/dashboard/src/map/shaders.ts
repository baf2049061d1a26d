/** Moves each drone along its segment and hides segments that are not now. A drone is one point: instances of four corners take a thousand times as long where the browser draws in software. */
export const VERTEX = `#version 300 es
precision highp float;
in vec4 a_path;
in vec4 a_time;
in vec4 a_look;
uniform vec2 u_scale;
uniform vec2 u_shift;
uniform float u_now;
uniform float u_size;
uniform float u_lost;
uniform float u_shown[8];
uniform vec3 u_colours[9];
out vec3 v_colour;
flat out vec2 v_turn;
flat out float v_half;
flat out int v_state;
flat out float v_selected;

void main() {
  int state = int(a_look.y);
  v_state = state;
  v_selected = a_look.z;
  bool current = u_now >= a_time.z && u_now < a_time.w;
  bool parked = state == 3 || state == 4;
  bool shown = current && (a_look.z > 0.5 || u_shown[state] > 0.5);
  bool stale = u_lost > 0.5 || u_now > a_look.w;
  v_colour = stale ? u_colours[8] : u_colours[state];

  float span = a_time.y - a_time.x;
  float part = span > 0.0 ? clamp((u_now - a_time.x) / span, 0.0, 1.0) : 1.0;
  vec2 centre = mix(a_path.xy, a_path.zw, part) * u_scale + u_shift;

  // An icon with its rim, or with the ring round it.
  v_half = a_look.z > 0.5 ? 2.1 : 1.35;
  // Directions have no meaning where a drone stands.
  float angle = state == 5 || parked ? 0.0 : a_look.x;
  v_turn = vec2(cos(angle), sin(angle));
  gl_PointSize = 2.0 * v_half * u_size;
  gl_Position = shown ? vec4(centre, 0.0, 1.0) : vec4(2.0, 2.0, 2.0, 1.0);
}
`;

/** Turns the icon to its heading and draws it by distance to its outline: sharp at any size, no picture to load. */
export const FRAGMENT = `#version 300 es
precision highp float;
in vec3 v_colour;
flat in vec2 v_turn;
flat in float v_half;
flat in int v_state;
flat in float v_selected;
uniform vec3 u_edge;
uniform vec3 u_core;
uniform float u_size;
out vec4 colour;

const vec2 NOSE = vec2(0.0, 0.82);
const vec2 RIGHT = vec2(0.62, -0.66);
const vec2 NOTCH = vec2(0.0, -0.36);
const vec2 LEFT = vec2(-0.62, -0.66);

// Distance to a polygon of four corners, negative inside (Quilez 2019).
float dart(vec2 p) {
  vec2 corners[4] = vec2[4](NOSE, RIGHT, NOTCH, LEFT);
  float d = dot(p - corners[0], p - corners[0]);
  float s = 1.0;
  for (int i = 0, j = 3; i < 4; j = i, i++) {
    vec2 e = corners[j] - corners[i];
    vec2 w = p - corners[i];
    vec2 b = w - e * clamp(dot(w, e) / dot(e, e), 0.0, 1.0);
    d = min(d, dot(b, b));
    bvec3 c = bvec3(p.y >= corners[i].y, p.y < corners[j].y, e.x * w.y > e.y * w.x);
    if (all(c) || all(not(c))) s = -s;
  }
  return s * sqrt(d);
}

float cross45(vec2 p) {
  vec2 q = abs(vec2(p.x + p.y, p.x - p.y)) * 0.7071;
  vec2 a = q - vec2(0.5, 0.13);
  vec2 b = q - vec2(0.13, 0.5);
  return min(max(a.x, a.y), max(b.x, b.y));
}

void main() {
  vec2 from = (gl_PointCoord * 2.0 - 1.0) * vec2(v_half, -v_half);
  vec2 at = vec2(from.x * v_turn.x - from.y * v_turn.y, from.y * v_turn.x + from.x * v_turn.y);
  float pixel = 1.0 / u_size;
  bool failed = v_state == 5;
  bool parked = v_state == 3 || v_state == 4 || v_state == 6;
  float shape = failed ? length(at) - 0.72 : parked ? length(at) - 0.5 : dart(at);
  // Where icons are small their rim and shade are too: they stay within the point.
  float edge = min(1.7 * pixel, 0.2);
  float reach = min(5.0 * pixel, 0.3);
  float body = 1.0 - smoothstep(-0.7 * pixel, 0.7 * pixel, shape);
  float rim = 1.0 - smoothstep(-0.7 * pixel, 0.7 * pixel, shape - edge);
  float shade = 0.28 * (1.0 - smoothstep(0.0, reach, shape - edge));
  vec3 inner = v_colour;
  // Besides its colour a state has a mark: a parcel aboard, an empty hull on the way home, a cross for out of order, a hole for what is not of the fleet; who is out of service stands like who is ready.
  if (v_state == 1) {
    vec2 box = abs(at - vec2(0.0, -0.04)) - 0.15;
    inner = mix(u_core, inner, smoothstep(-0.6 * pixel, 0.6 * pixel, max(box.x, box.y)));
  } else if (v_state == 2) {
    inner = mix(u_core, inner, smoothstep(-0.6 * pixel, 0.6 * pixel, shape + 2.6 * pixel));
  } else if (v_state == 7) {
    inner = mix(u_edge, inner, smoothstep(-0.6 * pixel, 0.6 * pixel, length(at - vec2(0.0, -0.1)) - 0.2));
  } else if (failed) {
    inner = mix(u_core, inner, smoothstep(-0.6 * pixel, 0.6 * pixel, cross45(at)));
  }
  vec3 tint = mix(u_edge, inner, body);
  float cover = max(rim, 0.0);
  vec4 icon = vec4(tint * cover, cover);
  icon += vec4(0.0, 0.0, 0.0, shade) * (1.0 - cover);
  if (v_selected > 0.5) {
    float ring = abs(length(at) - 1.55) - 1.5 * pixel;
    float on = 1.0 - smoothstep(-0.7 * pixel, 0.7 * pixel, ring);
    float glow = 0.16 * (1.0 - smoothstep(1.5, 1.6, length(at)));
    icon += vec4(v_colour, 1.0) * max(on, glow) * (1.0 - icon.a);
  }
  colour = icon;
}
`;
