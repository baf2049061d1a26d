//! What is told of one drone: HEARTBEAT, GLOBAL_POSITION_INT, BATTERY_STATUS and UTM_GLOBAL_POSITION.

use mavlink::dialects::common::{
    BATTERY_STATUS_DATA, GLOBAL_POSITION_INT_DATA, HEARTBEAT_DATA, MavAutopilot, MavBatteryFunction,
    MavBatteryType, MavMessage, MavModeFlag, MavState, MavType, UTM_GLOBAL_POSITION_DATA, UtmDataAvailFlags,
    UtmFlightState,
};
use mavlink::{MavHeader, write_v2_msg};
use skyhaul_actors::environment::AircraftKind;

use crate::view::{DroneState, DroneView};

/// The component that speaks: the autopilot.
const AUTOPILOT: u8 = 1;

/// Time until the next position, hundredths of a second.
const UPDATE_RATE_CS: u16 = 100;

/// Room for the four messages.
const DATAGRAM_BYTES: usize = 256;

/// The time of a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    /// Milliseconds of the world's life.
    pub(super) boot_ms: u64,
    /// Microseconds since 1970.
    pub(super) unix_micros: i64,
}

/// A drone as a MAVLink system.
#[derive(Debug)]
pub(super) struct Voice {
    system_id: u32,
    sequence: u8,
}

impl Voice {
    /// Of the drone with this number: systems are counted from one.
    pub(super) const fn of(drone: u32) -> Self {
        Self {
            system_id: drone + 1,
            sequence: 0,
        }
    }

    /// All that is told at a moment, in one datagram.
    pub(super) fn tell(&mut self, view: &DroneView, moment: Moment) -> Vec<u8> {
        let motion = Motion::of(view);
        let mut datagram = Vec::with_capacity(DATAGRAM_BYTES);
        for message in [
            MavMessage::HEARTBEAT(heartbeat(view)),
            MavMessage::GLOBAL_POSITION_INT(position(&motion, moment)),
            MavMessage::BATTERY_STATUS(battery(view)),
            MavMessage::UTM_GLOBAL_POSITION(utm_position(view, &motion, moment)),
        ] {
            let header = MavHeader {
                system_id: self.system_id,
                component_id: AUTOPILOT,
                sequence: self.sequence,
            };
            self.sequence = self.sequence.wrapping_add(1);
            write_v2_msg(&mut datagram, header, &message).expect("a vector takes all");
        }
        datagram
    }
}

/// Where a drone is and how it moves, in the units of the messages.
struct Motion {
    lat: i32,
    lon: i32,
    altitude_mm: i32,
    north_cm_s: i16,
    east_cm_s: i16,
    down_cm_s: i16,
    heading_cdeg: u16,
}

impl Motion {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "`as` saturates; all of these are far within their range"
    )]
    fn of(view: &DroneView) -> Self {
        let (sin, cos) = view.heading_deg.to_radians().sin_cos();
        let speed_cm_s = view.speed_mps * 100.0;
        Self {
            lat: view.at.lat_e7(),
            lon: view.at.lon_e7(),
            altitude_mm: (view.altitude_m * 1_000.0).round() as i32,
            north_cm_s: (cos * speed_cm_s).round() as i16,
            east_cm_s: (sin * speed_cm_s).round() as i16,
            down_cm_s: (-view.climb_mps * 100.0).round() as i16,
            heading_cdeg: ((view.heading_deg * 100.0).round() as u16) % 36_000,
        }
    }
}

fn heartbeat(view: &DroneView) -> HEARTBEAT_DATA {
    let mut base_mode = MavModeFlag::MAV_MODE_FLAG_AUTO_ENABLED | MavModeFlag::MAV_MODE_FLAG_HIL_ENABLED;
    if view.is_in_air() {
        base_mode |= MavModeFlag::MAV_MODE_FLAG_SAFETY_ARMED;
    }
    HEARTBEAT_DATA {
        custom_mode: 0,
        mavtype: match view.kind {
            AircraftKind::Multirotor => MavType::MAV_TYPE_QUADROTOR,
            AircraftKind::Hybrid => MavType::MAV_TYPE_VTOL_FIXEDROTOR,
            AircraftKind::Aeroplane => MavType::MAV_TYPE_FIXED_WING,
        },
        autopilot: MavAutopilot::MAV_AUTOPILOT_GENERIC,
        base_mode,
        system_status: match view.state {
            DroneState::Failed => MavState::MAV_STATE_EMERGENCY,
            _ if view.is_in_air() => MavState::MAV_STATE_ACTIVE,
            DroneState::Maintenance => MavState::MAV_STATE_POWEROFF,
            _ => MavState::MAV_STATE_STANDBY,
        },
        mavlink_version: 3,
    }
}

/// Heights are above ground, the only ones there are: both altitudes are the same.
fn position(motion: &Motion, moment: Moment) -> GLOBAL_POSITION_INT_DATA {
    GLOBAL_POSITION_INT_DATA {
        // It begins anew every 49 days, as the message's own definition has it.
        time_boot_ms: u32::try_from(moment.boot_ms % (1 << 32)).unwrap_or_default(),
        lat: motion.lat,
        lon: motion.lon,
        alt: motion.altitude_mm,
        relative_alt: motion.altitude_mm,
        vx: motion.north_cm_s,
        vy: motion.east_cm_s,
        vz: motion.down_cm_s,
        hdg: motion.heading_cdeg,
    }
}

#[expect(clippy::cast_possible_truncation, reason = "a share of one, in per cent")]
fn battery(view: &DroneView) -> BATTERY_STATUS_DATA {
    BATTERY_STATUS_DATA {
        current_consumed: -1,
        energy_consumed: -1,
        temperature: i16::MAX,
        voltages: [u16::MAX; 10],
        current_battery: -1,
        id: 0,
        battery_function: MavBatteryFunction::MAV_BATTERY_FUNCTION_ALL,
        mavtype: MavBatteryType::MAV_BATTERY_TYPE_LIPO,
        battery_remaining: (view.battery * 100.0).round() as i8,
    }
}

fn utm_position(view: &DroneView, motion: &Motion, moment: Moment) -> UTM_GLOBAL_POSITION_DATA {
    let name = view.drone.to_string();
    let mut uas_id = [0; 18];
    uas_id
        .iter_mut()
        .zip(name.bytes())
        .for_each(|(place, byte)| *place = byte);
    UTM_GLOBAL_POSITION_DATA {
        time: u64::try_from(moment.unix_micros).unwrap_or_default(),
        lat: motion.lat,
        lon: motion.lon,
        alt: motion.altitude_mm,
        relative_alt: motion.altitude_mm,
        next_lat: 0,
        next_lon: 0,
        next_alt: 0,
        vx: motion.north_cm_s,
        vy: motion.east_cm_s,
        vz: motion.down_cm_s,
        h_acc: 0,
        v_acc: 0,
        vel_acc: 0,
        update_rate: UPDATE_RATE_CS,
        uas_id,
        flight_state: match view.state {
            DroneState::Failed => UtmFlightState::UTM_FLIGHT_STATE_EMERGENCY,
            _ if view.is_in_air() => UtmFlightState::UTM_FLIGHT_STATE_AIRBORNE,
            _ => UtmFlightState::UTM_FLIGHT_STATE_GROUND,
        },
        flags: UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_TIME_VALID
            | UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_UAS_ID_AVAILABLE
            | UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_POSITION_AVAILABLE
            | UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_RELATIVE_ALTITUDE_AVAILABLE
            | UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_HORIZONTAL_VELO_AVAILABLE
            | UtmDataAvailFlags::UTM_DATA_AVAIL_FLAGS_VERTICAL_VELO_AVAILABLE,
    }
}
