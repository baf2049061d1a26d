use skyhaul_actors::air;

use super::*;

const HOURLY: &str = "time_hour,temp,dewp,humid,wind_dir,wind_speed,wind_gust,precip,pressure,visib
2013-01-01T06:00:00Z,50.0,26.06,59.37,260.0,10.0,,0.0,1013.25,10.0
2013-01-01T07:00:00Z,50.0,26.06,59.37,,20.0,30.0,0.1,,2.0
2013-01-01T10:00:00Z,32.0,26.06,59.37,90.0,NA,,0.0,,10.0
";

const DAILY: &str = "date,precipitation,temp_max,temp_min,wind,weather
2012/01/01,0.0,12.8,5.0,4.7,drizzle
2012/01/02,10.9,10.6,2.8,4.5,rain
2012/01/03,48.0,11.7,7.2,2.3,rain
";

const fn reading(format: Format) -> Reading {
    Reading {
        format,
        altitude_m: 100.0,
        wind_from_deg: 225.0,
        utc_offset_s: -8 * 3_600,
    }
}

fn epoch(start: &str) -> Epoch {
    let start: Timestamp = start.parse().expect("a time");
    Epoch {
        unix_micros: start.as_microsecond(),
        utc_offset_s: 0,
    }
}

fn hours(hours: u64) -> SimTime {
    SimTime::ZERO + SimDuration::from_mins(60 * hours)
}

fn hourly() -> Record {
    read_record("w.csv", HOURLY, reading(Format::Hourly)).expect("it can be read")
}

fn daily() -> Record {
    read_record("d.csv", DAILY, reading(Format::Daily)).expect("it can be read")
}

#[test]
fn american_units_become_metric_and_wind_is_that_of_the_flight_level() {
    let series = hourly().series(&epoch("2013-01-01T06:00:00Z"));
    let (first, second) = (series.at(hours(0)), series.at(hours(1)));
    let factor = air::wind_aloft(1.0, 100.0);
    assert!((first.wind_mps - 4.4704 * factor).abs() < 1e-9);
    assert!((first.temperature_c - 10.0).abs() < 1e-9);
    assert!((first.rho - air::density(10.0, 1_013.25, 100.0)).abs() < 1e-12);
    assert_eq!(first.visibility_m, f64::INFINITY);
    assert!((second.gust_mps - (8.9408 * factor + 4.4704)).abs() < 1e-9);
    assert!((second.rain_mm_h - 2.54).abs() < 1e-9);
    assert!((second.visibility_m - 3_218.688).abs() < 1e-6);
}

#[test]
fn what_a_row_leaves_open_and_hours_without_a_row_are_as_before_and_counted() {
    let record = hourly();
    assert_eq!((record.rows_read, record.filled, record.hours_missing), (3, 2, 2));
    let series = record.series(&epoch("2013-01-01T06:00:00Z"));
    let wind = |hour| {
        (
            series.at(hours(hour)).wind_mps,
            series.at(hours(hour)).wind_from_deg,
        )
    };
    assert_eq!(wind(1).1, 260.0, "no direction: as before");
    assert_eq!(wind(3), wind(1), "no row: as before");
    assert_eq!(wind(4), (wind(1).0, 90.0), "no speed: as before");
}

#[test]
fn the_row_that_holds_at_the_start_comes_first_and_the_rest_come_round() {
    let series = hourly().series(&epoch("2013-01-01T08:30:00Z"));
    assert!((series.at(hours(0)).rain_mm_h - 2.54).abs() < 1e-9);
    let changes: Vec<f64> = series
        .changes(hours(0), hours(24))
        .map(|change| change.as_seconds_f64() / 3_600.0)
        .collect();
    assert_eq!(changes, [1.5, 21.5, 22.5, 24.0]);
}

#[test]
fn a_start_outside_a_short_record_is_moved_by_whole_days() {
    let inside = hourly().series(&epoch("2013-01-01T07:15:00Z"));
    let outside = hourly().series(&epoch("2026-05-04T07:15:00Z"));
    assert_eq!(inside, outside);
}

#[test]
fn a_start_outside_a_record_of_a_year_is_moved_to_its_day_of_the_year() {
    let mut rows = String::from("date,precipitation,temp_max,temp_min,wind\n");
    let mut day = jiff::civil::date(2012, 1, 1);
    while day.year() < 2016 {
        rows.push_str(&format!("{day},0,{},0,1\n", f64::from(day.day_of_year()) / 10.0));
        day = day.tomorrow().expect("our time");
    }
    let record = read_record("d.csv", &rows, reading(Format::Daily)).expect("it can be read");
    let warmth = |start| record.series(&epoch(start)).at(SimTime::ZERO).temperature_c;
    let same = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    same(warmth("2026-11-26T23:00:00Z"), warmth("2014-11-26T23:00:00Z"));
    same(warmth("2028-02-29T23:00:00Z"), warmth("2012-02-29T23:00:00Z"));
    same(warmth("1999-07-01T23:00:00Z"), warmth("2015-07-01T23:00:00Z"));
    same(warmth("2026-11-26T23:00:00Z"), 33.0);
}

#[test]
fn a_day_is_spread_over_its_local_hours_and_none_of_its_rain_is_lost() {
    let series = daily().series(&epoch("2012-01-01T08:00:00Z"));
    let day = |number: u64| (0..24).map(move |hour| hours(number * 24 + hour));
    let temperature = |time| series.at(time).temperature_c;
    assert!((temperature(hours(3)) - 5.0).abs() < 1e-9);
    assert!((temperature(hours(15)) - 12.8).abs() < 1e-9);
    for (number, rain_mm, wet_hours) in [(0, 0.0, 0), (1, 10.9, 11), (2, 48.0, 24)] {
        let rain: Vec<f64> = day(number).map(|time| series.at(time).rain_mm_h).collect();
        assert!((rain.iter().sum::<f64>() - rain_mm).abs() < 1e-9);
        assert_eq!(rain.iter().filter(|rain| **rain > 0.0).count(), wet_hours);
    }
    assert_eq!(series.at(hours(0)).wind_from_deg, 225.0);
    assert_eq!(series.period(), Some(SimDuration::from_mins(3 * 24 * 60)));
}

#[test]
fn mistakes_in_a_list_are_named_by_line() {
    let mistake = |text: &str, format| {
        read_record("w.csv", text, reading(format))
            .expect_err("it is wrong")
            .to_string()
    };
    let swapped = HOURLY.replace("T07", "T05");
    assert_eq!(
        mistake(&swapped, Format::Hourly),
        "w.csv:3: is not later than the row before; sort the rows, one for each time"
    );
    let no_time = HOURLY.replace("2013-01-01T07:00:00Z", "seven");
    assert_eq!(
        mistake(&no_time, Format::Hourly),
        "w.csv:3: column `time_hour` is `seven`, must be a time such as `2013-01-01T06:00:00Z`"
    );
    assert_eq!(
        mistake(&HOURLY.replace("20.0,30.0", "20.0,a gale"), Format::Hourly),
        "w.csv:3: column `wind_gust` is `a gale`, must be a number between 0 and 300"
    );
    assert!(mistake(HOURLY, Format::Daily).contains("there is no column `date`"));
}

/// The whole year at JFK, as it comes with the library.
#[test]
fn the_year_at_jfk_has_its_rows_and_the_gaps_that_are_stated() {
    let text = include_str!("../../data/weather_jfk_2013_hourly.csv");
    let record = read_record("jfk.csv", text, reading(Format::Hourly)).expect("it can be read");
    assert_eq!(
        (record.rows_read, record.filled, record.hours_missing),
        (8_706, 51, 24)
    );
    assert_eq!(record.period_micros(), 364 * MICROS_PER_DAY);
}

/// The four years of Seattle, as they come with the library.
#[test]
fn the_four_years_of_seattle_have_all_their_days_and_their_rain() {
    let text = include_str!("../../data/weather_seattle_daily.csv");
    let record = read_record("seattle.csv", text, reading(Format::Daily)).expect("it can be read");
    assert_eq!(
        (record.rows_read, record.filled, record.hours_missing),
        (1_461, 0, 0)
    );
    assert_eq!(record.rows.len(), 1_461 * 24);
    assert_eq!(record.period_micros(), 1_461 * MICROS_PER_DAY);
    let millimetres: f64 = record.rows.iter().map(|(_, weather)| weather.rain_mm_h).sum();
    assert!((millimetres - 4_426.0).abs() < 1e-6, "{millimetres} mm");
}
