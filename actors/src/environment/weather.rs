//! Weather: the air that flights go through.

/// Wind, air and sky at one time, the same everywhere in the area.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weather {
    /// Wind speed at flight level, m/s.
    pub wind_mps: f64,
    /// Where the wind comes from, degrees clockwise from north.
    pub wind_from_deg: f64,
    /// Peak gust at flight level, m/s; counts where it is above the wind.
    pub gust_mps: f64,
    /// Rain, mm/h.
    pub rain_mm_h: f64,
    /// How far one sees, m; infinite where nothing is said.
    pub visibility_m: f64,
    /// Temperature at the ground, °C.
    pub temperature_c: f64,
    /// Air density, kg/m³.
    pub rho: f64,
}

impl Weather {
    /// The standard atmosphere at sea level: still, dry and clear, 15 °C, 1.225 kg/m³ (ICAO Doc 7488).
    pub const STANDARD: Self = Self {
        wind_mps: 0.0,
        wind_from_deg: 0.0,
        gust_mps: 0.0,
        rain_mm_h: 0.0,
        visibility_m: f64::INFINITY,
        temperature_c: 15.0,
        rho: 1.225,
    };
}
