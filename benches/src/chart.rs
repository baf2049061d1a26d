//! Bar charts, row under row, as SVG.

use std::error::Error;
use std::path::Path;

use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

/// How large a panel is, in pixels.
const PANEL: (u32, u32) = (196, 220);

/// How high the heading of a row is.
const HEADING: u32 = 34;

/// The room that a figure needs above its bar, as a share of the tallest bar.
const HEADROOM: f64 = 1.15;

/// The colours of the bars, in order.
const COLOURS: [RGBColor; 3] = [
    RGBColor(120, 130, 145),
    RGBColor(70, 130, 190),
    RGBColor(30, 160, 120),
];

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Panels side by side, and what they have in common.
#[derive(Clone, Debug)]
pub struct Row {
    /// What they have in common.
    pub heading: String,
    /// The panels.
    pub panels: Vec<Panel>,
}

/// A chart of its own: a title, and named bars, all from zero.
#[derive(Clone, Debug)]
pub struct Panel {
    /// What the bars are, with their unit.
    pub title: String,
    /// Where the axis ends; just above the tallest bar where nothing is said.
    pub top: Option<f64>,
    /// Digits behind the point.
    pub places: usize,
    /// Their names and heights.
    pub bars: Vec<(String, f64)>,
}

/// Draws the rows into a file.
///
/// # Errors
/// Where the file cannot be written.
pub fn draw(file: &Path, rows: &[Row]) -> Result<(), Box<dyn Error>> {
    let widest = rows.iter().map(|row| row.panels.len()).max().unwrap_or(0);
    let width = PANEL.0 * u32::try_from(widest)?;
    let height = (HEADING + PANEL.1) * u32::try_from(rows.len())?;
    let root = SVGBackend::new(file, (width, height)).into_drawing_area();
    root.fill(&WHITE)?;
    for (area, row) in root.split_evenly((rows.len(), 1)).iter().zip(rows) {
        let (heading, panels) = area.split_vertically(HEADING);
        heading.draw(&Text::new(row.heading.clone(), (12, 12), ("sans-serif", 16)))?;
        for (area, panel) in panels.split_evenly((1, widest)).iter().zip(&row.panels) {
            draw_panel(area, panel)?;
        }
    }
    root.present()?;
    Ok(())
}

fn draw_panel(area: &Area<'_>, panel: &Panel) -> Result<(), Box<dyn Error>> {
    let tallest = panel.bars.iter().map(|(_, height)| *height).fold(0.0, f64::max);
    let top = panel.top.unwrap_or(tallest).max(f64::MIN_POSITIVE) * HEADROOM;
    let right = panel.bars.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(&panel.title, ("sans-serif", 14))
        .margin(8)
        .x_label_area_size(18)
        .build_cartesian_2d(0.0..right, 0.0..top)?;
    let style = |vertical| {
        let position = Pos::new(HPos::Center, vertical);
        ("sans-serif", 13).into_font().color(&BLACK).pos(position)
    };
    for (index, (name, height)) in panel.bars.iter().enumerate() {
        let left = index as f64;
        let colour = COLOURS[index % COLOURS.len()];
        chart.draw_series([Rectangle::new(
            [(left + 0.12, 0.0), (left + 0.88, *height)],
            colour.filled(),
        )])?;
        let figure = format!("{height:.*}", panel.places);
        chart.draw_series([Text::new(
            figure,
            (left + 0.5, height + top * 0.01),
            style(VPos::Bottom),
        )])?;
        let (x, y) = chart.backend_coord(&(left + 0.5, 0.0));
        area.draw(&below(area, name, (x, y), style(VPos::Top)))?;
    }
    chart.draw_series([PathElement::new(vec![(0.0, 0.0), (right, 0.0)], BLACK)])?;
    Ok(())
}

/// A bar's name, under it.
fn below<'a>(
    area: &Area<'_>,
    name: &str,
    (x, y): (i32, i32),
    style: TextStyle<'a>,
) -> Text<'a, (i32, i32), String> {
    /// Pixels between the axis and a name.
    const GAP: i32 = 5;
    let (left, top) = area.get_base_pixel();
    Text::new(name.to_owned(), (x - left, y - top + GAP), style)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_every_heading_title_name_and_figure() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("picture.svg");
        let panel = |title: &str, top, places| Panel {
            title: title.to_owned(),
            top,
            places,
            bars: vec![("one".to_owned(), 12.34), ("two".to_owned(), 0.0)],
        };
        let row = |heading: &str| Row {
            heading: heading.to_owned(),
            panels: vec![panel("first", Some(100.0), 1), panel("second", None, 0)],
        };
        draw(&file, &[row("quiet"), row("busy")]).expect("a picture");
        let svg = std::fs::read_to_string(&file).expect("text");
        for word in ["quiet", "busy", "first", "second", "one", "two", "12.3", "0.0"] {
            assert!(svg.contains(word), "{word}");
        }
    }

    #[test]
    fn a_bar_half_as_high_as_its_axis_takes_half_of_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let heights = |top, heights: [f64; 2]| -> Vec<f64> {
            let file = folder.path().join("picture.svg");
            let panel = Panel {
                title: String::new(),
                top,
                places: 0,
                bars: heights.map(|height| (String::new(), height)).to_vec(),
            };
            let row = Row {
                heading: String::new(),
                panels: vec![panel],
            };
            draw(&file, &[row]).expect("a picture");
            let svg = std::fs::read_to_string(&file).expect("text");
            let bars = svg.split("<rect").skip(2);
            let height = |bar: &str| {
                let (_, rest) = bar.split_once("height=\"")?;
                rest.split_once('"')?.0.parse().ok()
            };
            bars.map(|bar| height(bar).expect("a height")).collect()
        };
        let [full, half] = heights(None, [80.0, 40.0])[..] else {
            panic!("two bars")
        };
        assert!((full - 2.0 * half).abs() <= 2.0, "{full} and {half} pixels");
        let of_hundred = heights(Some(100.0), [50.0, 50.0])[0];
        assert!(
            (of_hundred - half).abs() <= 2.0,
            "{of_hundred} of a hundred's, {half} pixels"
        );
    }
}
