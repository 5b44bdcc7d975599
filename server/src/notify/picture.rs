//! The picture of a forecast in a letter: the last days, where high begins, and the forecast with its interval.
//!
//! No text is in it: the letter says the numbers beside it, and the picture's alternative text says them again. It
//! stands on a card of its own, so that it reads the same on a light and on a dark ground.

use tiny_skia::{
    Color, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform,
};

use super::letter::AlertLetter;

/// Twice the size at which letters show it, for screens with small pixels.
const WIDTH: u32 = 1_072;
const HEIGHT: u32 = 400;
/// The card's rounded corners.
const CORNER: f32 = 24.0;
/// Where the past begins and ends, from the left.
const PAST: (f32, f32) = (36.0, 852.0);
/// Where now is.
const NOW: f32 = 872.0;
/// The bar of the forecast.
const BAR: (f32, f32) = (904.0, 1_000.0);
/// Where the largest value and zero are, from the top.
const SPAN: (f32, f32) = (36.0, 364.0);
/// More points than this only make the file larger.
const MOST_POINTS: usize = 240;

/// What is drawn. Realised volatility as fractions a day.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The past: epoch seconds and values, in order, at least two.
    past: Vec<(i64, f64)>,
    q10: f64,
    q50: f64,
    q90: f64,
    high_above: f64,
}

impl Chart {
    /// The chart of an alert; none where there is no past to show or a number is none.
    #[must_use]
    pub fn of(alert: &AlertLetter) -> Option<Self> {
        let past: Vec<(i64, f64)> = alert.past.iter().copied().filter(|&(_, value)| value.is_finite()).collect();
        let numbers = [alert.q10, alert.q50, alert.q90, alert.high_above];
        let (first, last) = (past.first()?.0, past.last()?.0);
        (last > first && numbers.iter().all(|number| number.is_finite())).then_some(Self {
            past,
            q10: alert.q10,
            q50: alert.q50,
            q90: alert.q90,
            high_above: alert.high_above,
        })
    }

    /// Draws it.
    ///
    /// # Errors
    /// Where the picture cannot be encoded, which no chart is known to cause.
    pub fn png(&self) -> Result<Vec<u8>, PictureError> {
        let mut canvas = Pixmap::new(WIDTH, HEIGHT).ok_or(PictureError)?;
        let scale = Scale { largest: self.largest() };
        fill(&mut canvas, card(), Color::from_rgba8(0xf7, 0xf8, 0xf7, 0xff));
        for quarter in 0_u8..=4 {
            let y = SPAN.1 - (SPAN.1 - SPAN.0) * f32::from(quarter) / 4.0;
            stroke(&mut canvas, line((PAST.0, y), (BAR.1, y)), Color::from_rgba8(0xe3, 0xe8, 0xe6, 0xff), 2.0, None);
        }
        stroke(&mut canvas, line((NOW, SPAN.0), (NOW, SPAN.1)), Color::from_rgba8(0xae, 0xba, 0xb7, 0xff), 2.0, None);
        let bound = scale.y(self.high_above);
        let dashes = StrokeDash::new(vec![18.0, 12.0], 0.0);
        stroke(
            &mut canvas,
            line((PAST.0, bound), (BAR.1, bound)),
            Color::from_rgba8(0x8f, 0x5a, 0x00, 0xff),
            4.0,
            dashes,
        );
        stroke(&mut canvas, self.past_line(&scale), Color::from_rgba8(0x12, 0x20, 0x1e, 0xff), 4.0, None);
        self.bar(&mut canvas, &scale);
        canvas.encode_png().map_err(|_| PictureError)
    }

    /// The value at the top, with a little room above the largest.
    fn largest(&self) -> f64 {
        let past = self.past.iter().map(|&(_, value)| value);
        let largest = past.chain([self.q90, self.high_above]).fold(0.0, f64::max) * 1.08;
        // Nothing but zeros is drawn at the bottom.
        if largest > 0.0 { largest } else { 1.0 }
    }

    /// The past as a line; where hours are missing it has a gap.
    fn past_line(&self, scale: &Scale) -> Option<Path> {
        let (first, last) = (self.past.first()?.0, self.past.last()?.0);
        let step = self.past.len().div_ceil(MOST_POINTS);
        let end = self.past.len() - 1;
        let shown = self.past.iter().enumerate().filter(|&(index, _)| index.is_multiple_of(step) || index == end);
        let shown: Vec<(i64, f64)> = shown.map(|(_, &point)| point).collect();
        let mut steps: Vec<i64> = shown.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        steps.sort_unstable();
        let usual = steps.get(steps.len() / 2).copied().unwrap_or_default();
        let mut path = PathBuilder::new();
        let mut before = None;
        for (at, value) in shown {
            let share = (at - first) as f64 / (last - first) as f64;
            let (x, y) = (PAST.0 + (PAST.1 - PAST.0) * share as f32, scale.y(value));
            match before {
                Some(before) if at - before <= usual.saturating_mul(3) => path.line_to(x, y),
                _ => path.move_to(x, y),
            }
            before = Some(at);
        }
        path.finish()
    }

    /// The forecast: a bar from the 10th to the 90th percentile with a mark at the median.
    fn bar(&self, canvas: &mut Pixmap, scale: &Scale) {
        let blue = |alpha| Color::from_rgba8(0x2f, 0x6f, 0xb0, alpha);
        let (high, middle, low) = (scale.y(self.q90), scale.y(self.q50), scale.y(self.q10));
        // A bar without height would not be a rectangle.
        let bar = Rect::from_ltrb(BAR.0, high.min(low - 1.0), BAR.1, low).map(PathBuilder::from_rect);
        fill(canvas, bar.clone(), blue(0x48));
        stroke(canvas, bar, blue(0xff), 3.0, None);
        stroke(canvas, line((BAR.0, middle), (BAR.1, middle)), blue(0xff), 8.0, None);
        let centre = f32::midpoint(BAR.0, BAR.1);
        fill(canvas, PathBuilder::from_circle(centre, middle, 13.0), blue(0xff));
        fill(canvas, PathBuilder::from_circle(centre, middle, 6.0), Color::WHITE);
    }
}

/// The picture could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the picture of the forecast could not be drawn")]
pub struct PictureError;

/// From values to places.
struct Scale {
    largest: f64,
}

impl Scale {
    /// How far from the top a value is.
    fn y(&self, value: f64) -> f32 {
        // A place on a picture needs no more than the precision of f32.
        let share = (value / self.largest).clamp(0.0, 1.0) as f32;
        SPAN.1 - (SPAN.1 - SPAN.0) * share
    }
}

fn card() -> Option<Path> {
    let (right, bottom) = (WIDTH as f32, HEIGHT as f32);
    let mut path = PathBuilder::new();
    path.move_to(CORNER, 0.0);
    path.line_to(right - CORNER, 0.0);
    path.quad_to(right, 0.0, right, CORNER);
    path.line_to(right, bottom - CORNER);
    path.quad_to(right, bottom, right - CORNER, bottom);
    path.line_to(CORNER, bottom);
    path.quad_to(0.0, bottom, 0.0, bottom - CORNER);
    path.line_to(0.0, CORNER);
    path.quad_to(0.0, 0.0, CORNER, 0.0);
    path.close();
    path.finish()
}

fn line(from: (f32, f32), to: (f32, f32)) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.move_to(from.0, from.1);
    path.line_to(to.0, to.1);
    path.finish()
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(color);
    paint
}

fn fill(canvas: &mut Pixmap, path: Option<Path>, color: Color) {
    if let Some(path) = path {
        canvas.fill_path(&path, &paint(color), FillRule::Winding, Transform::identity(), None);
    }
}

fn stroke(canvas: &mut Pixmap, path: Option<Path>, color: Color, width: f32, dash: Option<StrokeDash>) {
    if let Some(path) = path {
        let stroke = Stroke { width, dash, line_cap: LineCap::Butt, line_join: LineJoin::Round, ..Stroke::default() };
        canvas.stroke_path(&path, &paint(color), &stroke, Transform::identity(), None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(past: Vec<(i64, f64)>) -> Chart {
        Chart { past, q10: 0.02, q50: 0.03, q90: 0.05, high_above: 0.035 }
    }

    #[test]
    fn a_picture_is_small_enough_for_a_letter_and_the_same_every_time() {
        // A month of hours that moves as much as a market does.
        let past = (0..720_u32)
            .map(|hour| {
                (i64::from(hour) * 3_600, 0.03 + 0.015 * (f64::from(hour) / 9.0).sin() * (f64::from(hour) / 40.0).cos())
            })
            .collect();
        let chart = chart(past);
        let png = chart.png().expect("a picture");
        assert!(png.starts_with(b"\x89PNG") && png.len() < 40_000, "{} bytes", png.len());
        assert_eq!(chart.png().expect("a picture"), png);
    }

    #[test]
    fn the_forecast_the_bound_and_the_past_are_where_their_numbers_are() {
        let chart = chart(vec![(0, 0.03), (3_600, 0.03)]);
        let png = chart.png().expect("a picture");
        let picture = Pixmap::decode_png(&png).expect("a PNG");
        let scale = Scale { largest: chart.largest() };
        let at = |x: f32, y: f32| {
            let pixel = picture.pixel(x as u32, y as u32).expect("inside").demultiply();
            (pixel.red(), pixel.green(), pixel.blue())
        };
        assert_eq!(at(400.0, scale.y(0.03)), (0x12, 0x20, 0x1e), "the past");
        assert_eq!(at(PAST.0 + 5.0, scale.y(0.035)), (0x8f, 0x5a, 0x00), "the bound");
        assert_eq!(at(BAR.0 + 10.0, scale.y(0.03)), (0x2f, 0x6f, 0xb0), "the median");
        assert_ne!(at(BAR.0 + 10.0, scale.y(0.045)), at(BAR.0 + 10.0, SPAN.0 + 8.0), "the interval is filled");
        assert_eq!(picture.pixel(0, 0).expect("inside").alpha(), 0, "round corners");
    }

    #[test]
    fn a_past_of_zeros_and_a_forecast_without_width_are_drawn_all_the_same() {
        let flat = Chart { past: vec![(0, 0.0), (1, 0.0)], q10: 0.0, q50: 0.0, q90: 0.0, high_above: 0.0 };
        assert!(flat.png().is_ok());
    }
}
