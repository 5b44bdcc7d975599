//! The `d` attributes of SVG paths.

use std::fmt::Write;

/// A point in the picture's own units.
pub(crate) type Point = (f64, f64);

/// A line through points; where one is missing or not finite the line breaks.
pub(crate) fn line(points: impl IntoIterator<Item = Option<Point>>) -> String {
    let mut path = String::new();
    let mut pen_is_down = false;
    for point in points {
        match point.filter(|(x, y)| x.is_finite() && y.is_finite()) {
            Some(point) => {
                command(&mut path, if pen_is_down { 'L' } else { 'M' }, point);
                pen_is_down = true;
            }
            None => pen_is_down = false,
        }
    }
    path
}

/// A closed area between an upper and a lower edge, both from left to right.
pub(crate) fn area(upper: &[Point], lower: &[Point]) -> String {
    let mut path = String::new();
    for (index, &point) in upper.iter().chain(lower.iter().rev()).enumerate() {
        command(&mut path, if index == 0 { 'M' } else { 'L' }, point);
    }
    if !path.is_empty() {
        path.push('Z');
    }
    path
}

/// Vertical strokes, each from one height to another at its own place.
pub(crate) fn strokes(strokes: impl IntoIterator<Item = (f64, f64, f64)>) -> String {
    let mut path = String::new();
    for (x, from, to) in strokes {
        command(&mut path, 'M', (x, from));
        command(&mut path, 'L', (x, to));
    }
    path
}

/// Dots: strokes of no length, which a round line cap turns into discs whatever the stretch of the picture.
pub(crate) fn dots(points: impl IntoIterator<Item = Point>) -> String {
    let mut path = String::new();
    for point in points {
        command(&mut path, 'M', point);
        path.push_str("h0");
    }
    path
}

fn command(path: &mut String, letter: char, (x, y): Point) {
    // Writing to a string cannot fail.
    let _ = write!(path, "{letter}{} {}", Short(x), Short(y));
}

/// A coordinate with at most two decimals and no trailing zeros: pictures are sent with every page.
struct Short(f64);

impl std::fmt::Display for Short {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Adding zero turns a negative zero into a plain one.
        write!(out, "{}", rounded + 0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_breaks_where_a_value_is_missing() {
        let points = [Some((0.0, 1.0)), Some((1.0, 2.0)), None, Some((3.0, f64::NAN)), Some((4.0, 5.0))];
        assert_eq!(line(points), "M0 1L1 2M4 5");
        assert_eq!(line([]), "");
    }

    #[test]
    fn an_area_returns_along_its_lower_edge() {
        assert_eq!(area(&[(0.0, 0.0), (1.0, 0.0)], &[(0.0, 2.0), (1.0, 3.0)]), "M0 0L1 0L1 3L0 2Z");
        assert_eq!(area(&[], &[]), "");
    }

    #[test]
    fn coordinates_are_short() {
        assert_eq!(line([Some((1.0 / 3.0, -0.001))]), "M0.33 0");
        assert_eq!(strokes([(1.5, 10.0, 20.126)]), "M1.5 10L1.5 20.13");
        assert_eq!(dots([(1.0, 2.0)]), "M1 2h0");
    }
}
