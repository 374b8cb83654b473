//! Line charts as inline SVG: no script, no third party. Colours come from the page's style sheet (`.s0` to `.s3`).

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 240.0;
const LEFT: f64 = 56.0;
const RIGHT: f64 = 12.0;
const TOP: f64 = 14.0;
const BOTTOM: f64 = 26.0;

/// One line of a chart: seconds and values.
pub(super) struct Series {
    pub(super) name: &'static str,
    pub(super) points: Vec<(f64, f64)>,
}

/// How the upright axis runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    /// From zero.
    Linear,
    /// By powers of ten, from one.
    Log,
}

/// A moment marked in every chart.
pub(super) struct Mark {
    pub(super) second: f64,
    pub(super) name: String,
}

/// One chart as a figure.
pub(super) fn figure(
    title: &str,
    note: &str,
    axis: Axis,
    series: &[Series],
    marks: &[Mark],
    end_s: f64,
) -> String {
    let highest = series
        .iter()
        .flat_map(|line| &line.points)
        .map(|point| point.1)
        .fold(1.0, f64::max);
    let top = match axis {
        Axis::Linear => round_up(highest, &LEVELS),
        Axis::Log => 10_f64.powf(highest.log10().ceil().max(1.0)),
    };
    let plot = Plot {
        axis,
        top,
        end_s: end_s.max(1.0),
    };
    let mut svg = String::new();
    plot.grid(&mut svg);
    plot.marks(&mut svg, marks);
    for (index, line) in series.iter().enumerate() {
        let points: Vec<String> = line
            .points
            .iter()
            .map(|point| format!("{:.1},{:.1}", plot.x(point.0), plot.y(point.1)))
            .collect();
        let _ = write!(
            svg,
            "<polyline class=\"line s{index}\" points=\"{}\"/>",
            points.join(" ")
        );
    }
    let names: String = series
        .iter()
        .enumerate()
        .map(|(index, line)| format!("<span class=\"key k{index}\">{}</span>", line.name))
        .collect();
    let spoken = series
        .iter()
        .map(|line| line.name)
        .collect::<Vec<_>>()
        .join(", ");
    format!(
        "<figure><figcaption><h2>{title}</h2><p>{note}</p><p class=\"keys\">{names}</p></figcaption>\
         <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"{title}: {spoken}, over time\">{svg}</svg></figure>\n"
    )
}

struct Plot {
    axis: Axis,
    top: f64,
    end_s: f64,
}

impl Plot {
    fn x(&self, second: f64) -> f64 {
        LEFT + (WIDTH - LEFT - RIGHT) * (second / self.end_s).clamp(0.0, 1.0)
    }

    fn y(&self, value: f64) -> f64 {
        let share = match self.axis {
            Axis::Linear => value / self.top,
            Axis::Log => value.max(1.0).log10() / self.top.log10(),
        };
        HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share.clamp(0.0, 1.0)
    }

    fn grid(&self, svg: &mut String) {
        let levels: Vec<f64> = match self.axis {
            Axis::Linear => (0..=4_u8)
                .map(|step| self.top * f64::from(step) / 4.0)
                .collect(),
            Axis::Log => (0..=9)
                .map(|power| 10_f64.powi(power))
                .take_while(|level| *level <= self.top)
                .collect(),
        };
        for level in levels {
            let y = self.y(level);
            let _ = write!(
                svg,
                "<line class=\"grid\" x1=\"{LEFT}\" y1=\"{y:.1}\" x2=\"{:.1}\" y2=\"{y:.1}\"/>",
                WIDTH - RIGHT
            );
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>",
                LEFT - 6.0,
                y + 4.0,
                short(level)
            );
        }
        let step = round_up(self.end_s / 8.0, &TIMES);
        let mut second = 0.0;
        while second <= self.end_s {
            let _ = write!(
                svg,
                "<text class=\"tick\" x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{second} s</text>",
                self.x(second),
                HEIGHT - 8.0
            );
            second += step;
        }
    }

    fn marks(&self, svg: &mut String, marks: &[Mark]) {
        for mark in marks {
            let x = self.x(mark.second);
            let _ = write!(
                svg,
                "<g class=\"mark\"><title>{}</title><line x1=\"{x:.1}\" y1=\"{TOP}\" x2=\"{x:.1}\" y2=\"{:.1}\"/><text x=\"{:.1}\" y=\"{:.1}\">kill</text></g>",
                mark.name,
                HEIGHT - BOTTOM,
                x + 3.0,
                TOP + 8.0
            );
        }
    }
}

/// Tops of an axis, in powers of ten: a quarter of each is a short number.
const LEVELS: [f64; 6] = [1.0, 2.0, 4.0, 6.0, 8.0, 10.0];
/// Steps of time.
const TIMES: [f64; 4] = [1.0, 2.0, 5.0, 10.0];

/// The next of `steps` times a power of ten, at least 1.
fn round_up(value: f64, steps: &[f64]) -> f64 {
    let power = 10_f64.powf(value.max(1e-9).log10().floor());
    let fits = steps.iter().find(|step| value <= *step * power * 1.000_001);
    (fits.unwrap_or(&10.0) * power).max(1.0)
}

fn short(value: f64) -> String {
    if value >= 10_000.0 && value % 100.0 == 0.0 {
        format!("{}k", value / 1000.0)
    } else {
        format!("{value}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        for (value, round) in [
            (0.3, 1.0),
            (3.0, 4.0),
            (17.0, 20.0),
            (3600.0, 4000.0),
            (20_000.0, 20_000.0),
            (41.0, 60.0),
        ] {
            assert!((round_up(value, &LEVELS) - round).abs() < 1e-6, "{value}");
        }
        assert!((round_up(2.3, &TIMES) - 5.0).abs() < 1e-6);
    }

    #[test]
    fn every_point_is_inside_the_picture() {
        let series = [Series {
            name: "a",
            points: vec![(-1.0, 0.0), (5.0, 1e9), (99.0, 3.0)],
        }];
        for axis in [Axis::Linear, Axis::Log] {
            let svg = figure(
                "t",
                "n",
                axis,
                &series,
                &[Mark {
                    second: 5.0,
                    name: "x".into(),
                }],
                10.0,
            );
            let points = svg
                .split("points=\"")
                .nth(1)
                .and_then(|rest| rest.split('"').next())
                .expect("a line");
            for point in points.split(' ') {
                let (x, y) = point.split_once(',').expect("two numbers");
                let (x, y): (f64, f64) = (x.parse().expect("x"), y.parse().expect("y"));
                assert!(
                    (0.0..=WIDTH).contains(&x) && (0.0..=HEIGHT).contains(&y),
                    "{point}"
                );
            }
        }
    }
}
