/** A stage of a delivery, by its name in the HTTP contract. */
export type Stage = "Created" | "Rescheduled" | "HeadedToPickup" | "HeadedToDropoff" | "Completed" | "Cancelled";

/** A point on the ground and a height above it. */
export interface Location {
  readonly altitude: number;
  readonly latitude: number;
  readonly longitude: number;
}

/** The circle that is served: `centre` is latitude, longitude; `radius` in metres. */
export interface Area {
  readonly centre: readonly [number, number];
  readonly radius: number;
}

/** `GET /api/config`. */
export interface Config {
  readonly scenario: string;
  readonly telemetry: { readonly host: string | null; readonly port: number; readonly path: string };
  readonly area: Area;
  readonly now: string;
  readonly speed: number | null;
  /** For whom whoever asks may order; `null` where that may be anybody. */
  readonly ownerId: string | null;
  /** The map that the operator brought; nothing where there is none. */
  readonly basemap?: BasemapConfig | null;
}

/** A base map: an archive of tiles, or the address of a style. */
export interface BasemapConfig {
  readonly tiles: string | null;
  readonly style: string | null;
}

/** `GET /api/simulation`, as far as the page uses it. */
export interface Simulation {
  readonly now: string;
  /** `null` where it runs as fast as it can. */
  readonly speed: number | null;
  readonly paused: boolean;
  readonly steppingTo: string | null;
  readonly behindS: number;
  readonly behindSince: string | null;
  readonly behindCause: string | null;
  readonly behindRemedy: string | null;
}

/** `GET /api/deliveries/{id}`, as far as it is told to whoever has a link as well. */
export interface Delivery {
  readonly id: string;
  readonly pickup: Location;
  readonly dropoff: Location;
  readonly confirmationRequired: string;
  readonly droneId: string | null;
  /** The carrier that has it, or brought it. */
  readonly carrier: string | null;
}

/** A row of `GET /api/deliveries`. */
export interface DeliveryRow extends Delivery {
  readonly owner: { readonly userId: string };
  readonly deadline: string | null;
  readonly expedited: boolean;
  readonly stage: Stage;
  /** `drone` or `carrier`; `null` while nobody has it. */
  readonly by: string | null;
  readonly deliveryETA: string | null;
  /** Whether it comes, or came, after its deadline. */
  readonly late: boolean;
}

/** A link to a delivery, as `GET /api/deliveries/{id}/trackinglinks` lists them. */
export interface TrackingLink {
  readonly url: string;
  readonly expiresAt: string;
}

/** A page of a list; `nextCursor` is where the next begins. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor: string | null;
}

/** A row of `GET /api/places`. */
export interface NamedPlace {
  readonly name: string;
  readonly location: Location;
}

/** `GET /api/performance`. */
export interface Performance {
  readonly onTimeShare: number | null;
  readonly withEstimate: number;
  readonly etaErrorP50S: number;
  readonly etaErrorP95S: number;
  readonly energyWh: number;
  readonly energyPerDeliveryWh: number | null;
}

/** `GET /api/weather`. */
export interface Weather {
  readonly windMps: number;
  /** Degrees clockwise from north. */
  readonly windFromDeg: number;
  readonly gustMps: number;
  readonly rainMmH: number;
  /** `null` where nothing is said of it. */
  readonly visibilityM: number | null;
  readonly temperatureC: number;
}

/** `GET /api/playback`. */
export interface PastFlights {
  readonly from: string;
  /** Earlier than what was asked for where there would be too many. */
  readonly to: string;
  /** What was over before is no longer known. */
  readonly keptSince: string;
  readonly leftOut: number;
  readonly flights: readonly {
    readonly droneId: string;
    readonly deliveryId: string | null;
    readonly purpose: string;
    readonly departs: string;
    /** `null` where it is still flown. */
    readonly ended: string | null;
    readonly path: readonly (readonly [number, number, number, number])[];
  }[];
}

/** `GET /api/deliveries/{id}/status`. */
export interface DeliveryStatus {
  readonly stage: Stage;
  /** The carrier that has it, or brought it. */
  readonly carrier: string | null;
  readonly lastKnownLocation: Location;
  readonly pickupETA: string;
  readonly deliveryETA: string;
  /** Between when it arrives, most likely. */
  readonly deliveryETALow: string;
  readonly deliveryETAHigh: string;
  /** When it was put down where it goes; `null` before that. */
  readonly arrivedAt: string | null;
}

/** A row of `GET /api/deliveries/{id}/history`. */
export interface Milestone {
  readonly stage: Stage;
  readonly at: string;
  readonly location: Location;
  readonly droneId: string | null;
  readonly carrier: string | null;
}

/** A row of `GET /api/deliveries/{id}/confirmations`. */
export interface Confirmation {
  readonly confirmationType: string;
  readonly takenAt: string;
  readonly blobSha256: string;
}

/** A row of `GET /api/depots`. */
export interface Depot {
  readonly name: string;
  readonly location: Location;
  readonly idle: number;
  readonly charging: number;
  readonly flying: number;
  readonly queue: number;
  readonly pads: number;
  readonly handling: number;
  readonly maintenance: number;
  readonly failed: number;
  readonly isGrounded: boolean;
}

/** `GET /api/drones/{id}`. */
export interface DroneDetails {
  readonly id: string;
  readonly depot: string;
  readonly aircraft: string;
  readonly state: string;
}

/** A row of `GET /api/alerts`. */
export interface Alert {
  readonly number: number;
  readonly at: string;
  readonly severity: string;
  readonly kind: string;
  readonly text: string;
  readonly drone?: string | null;
  readonly delivery?: string | null;
  /** Who has seen it; `null` where nobody said so. */
  readonly acknowledgedBy: string | null;
  readonly acknowledgedAt: string | null;
}

/** `POST /api/quotes`. */
export interface Quote {
  readonly by: string;
  readonly carrier: string | null;
  /** Dollars. */
  readonly price: number | null;
  readonly deliveryETA: string;
  readonly reason: string;
  /** The points that it is of. */
  readonly pickup: Location;
  readonly dropoff: Location;
  /** Fields of the request whose texts name no place that is known, so that their points were made up. */
  readonly placeholders: readonly string[];
}

/** The body of `POST /api/deliveryrequests`. */
export interface DeliveryRequest {
  readonly ownerId: string;
  readonly pickupLocation: string;
  readonly dropOffLocation: string;
  readonly pickupTime: string | null;
  readonly deadline: string;
  readonly expedited: boolean;
  readonly confirmationRequired: string;
  readonly packageInfo: { readonly packageId: string; readonly size: string; readonly weight: number; readonly tag: string };
}
