//! Pictures of the operator's boards, drawn as SVG by the server, and what stands around them.
//!
//! Every picture has a title and a description for whoever cannot see it, and the page that shows it has its numbers
//! in a table.

use domain::language::Language;
use jiff::Timestamp;
use leptos::prelude::*;

use crate::charts::path::{self, Point};
use crate::charts::scale::{Scale, extent, ticks};
use crate::components::key::key_entry;
use crate::documents::say;
use crate::format;

const LEFT: f64 = 0.5;
const RIGHT: f64 = 87.0;
const TOP: f64 = 4.0;
const BOTTOM: f64 = 90.0;

/// Up to so many points a line shows each of them.
const DOTTED: usize = 60;

/// Two windows counted in the same bins.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bins {
    /// Edges in rising order, one more than bins; empty for categories.
    pub edges: Vec<f64>,
    /// The categories; empty for numbers.
    pub names: Vec<String>,
    /// Rows of the reference window, a bin.
    pub reference: Vec<u64>,
    /// Rows of the current window, a bin.
    pub current: Vec<u64>,
}

impl Bins {
    /// What a bin holds: its category, or its range of values.
    pub(super) fn label(&self, language: Language, index: usize) -> String {
        match (self.names.get(index), self.edges.get(index), self.edges.get(index + 1)) {
            (Some(name), ..) => name.clone(),
            (None, Some(&from), Some(&to)) => format!("{} – {}", figure(language, from), figure(language, to)),
            _ => "–".to_owned(),
        }
    }

    /// How many bins there are in both windows.
    pub(super) fn len(&self) -> usize {
        self.reference.len().min(self.current.len())
    }

    /// The shares of both windows, bin by bin; nought everywhere for a window without rows.
    pub(super) fn shares(&self) -> (Vec<f64>, Vec<f64>) {
        (shares(&self.reference), shares(&self.current))
    }
}

/// What a picture is called and what it shows.
pub(super) struct Told {
    /// Unique on the page, fit for an `id`.
    pub id: String,
    /// What it is.
    pub title: String,
    /// What is to be seen.
    pub text: String,
}

/// A line through time.
pub(super) struct Line<'a> {
    /// How it looks.
    pub class: &'static str,
    /// The oldest point first; where a value is no number the line breaks.
    pub points: &'a [(Timestamp, f64)],
}

/// Lines through time on one scale.
pub(super) struct Lines<'a> {
    /// The lines.
    pub lines: &'a [Line<'a>],
    /// A band under them: a time with a lower and an upper value; empty for none.
    pub band: &'a [(Timestamp, f64, f64)],
    /// A dashed line across.
    pub threshold: Option<f64>,
    /// Whether the scale begins at nought.
    pub from_zero: bool,
    /// How a value reads.
    pub show: &'a dyn Fn(f64) -> String,
}

/// Forecasts of about the same chance, with the interval of what happened.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reliable {
    /// Mean of the chances that were given, 0 to 1.
    pub chance: f64,
    /// Share of periods that turned out high, 0 to 1.
    pub happened: f64,
    /// Lower end of the 95 % interval of that share, 0 to 1.
    pub low: f64,
    /// Upper end of it, 0 to 1.
    pub high: f64,
    /// How many forecasts there were.
    pub count: u64,
}

impl Reliable {
    /// Whether the chance that was given lies inside the interval of what happened.
    pub(super) fn is_honest(&self) -> bool {
        (self.low..=self.high).contains(&self.chance)
    }
}

/// A number of any size with about three digits that matter.
pub(super) fn figure(language: Language, value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if !value.is_finite() || size == 0.0 => 0,
        _ if size >= 1_000.0 => 0,
        _ if size >= 100.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.1 => 3,
        _ if size >= 0.01 => 4,
        _ if size >= 0.001 => 5,
        _ => return scientific(language, value),
    };
    format::number(language, value, decimals)
}

/// A probability of a test: small ones as `<0.001`.
pub(super) fn probability(language: Language, p: f64) -> String {
    if p.is_finite() && p < 0.001 {
        format!("<\u{202f}{}", format::number(language, 0.001, 3))
    } else {
        format::number(language, p, 3)
    }
}

/// Both windows drawn over each other: the reference as an area, the current one as a line.
pub(super) fn overlay(language: Language, told: &Told, bins: &Bins) -> AnyView {
    let count = bins.len();
    let (reference, current) = bins.shares();
    let highest = reference.iter().chain(&current).copied().fold(0.0, f64::max);
    if count == 0 || highest <= 0.0 {
        return nothing(language);
    }
    let across = Scale::new((0.0, count as f64), (LEFT, RIGHT));
    let down = Scale::new((0.0, highest * 1.08), (BOTTOM, TOP));
    let (reference, current) = (steps(&reference, &across, &down), steps(&current, &across, &down));
    let floor = [(across.at(0.0), BOTTOM), (across.at(count as f64), BOTTOM)];
    let lines = ticks(0.0, highest * 1.08, 4);
    let grid: Vec<_> = lines.iter().flat_map(|&tick| rule(down.at(tick))).collect();
    let share = |value| format::percent(language, value, if highest < 0.05 { 1 } else { 0 });
    let marks = lines.iter().map(|&tick| right_mark(down.at(tick), share(tick))).collect_view();
    let below = if bins.edges.len() > count {
        let middle = count / 2;
        [(0, "start"), (middle, "middle"), (count, "end")]
            .into_iter()
            .map(|(edge, anchor)| mark_below(across.at(edge as f64), anchor, figure(language, bins.edges[edge])))
            .collect_view()
            .into_any()
    } else {
        // Longer names stand in the table; under the picture they would lie over each other.
        (0..count)
            .filter(|_| count <= 8)
            .map(|index| {
                let short: String = bins.label(language, index).chars().take(10).collect();
                mark_below(across.at(index as f64 + 0.5), "middle", short)
            })
            .collect_view()
            .into_any()
    };
    let stretched = view! {
        <path class="picture__grid" d=path::line(grid) />
        <path class="overlay__reference" d=path::area(&reference, &floor) />
        <path class="overlay__edge" d=path::line(reference.iter().copied().map(Some)) />
        <path class="overlay__current" d=path::line(current.iter().copied().map(Some)) />
    }
    .into_any();
    picture("overlay", told, stretched, view! { {marks} {below} }.into_any())
}

/// The same in the space of a few words.
pub(super) fn small_overlay(language: Language, label: String, bins: &Bins) -> AnyView {
    let count = bins.len();
    let (reference, current) = bins.shares();
    let highest = reference.iter().chain(&current).copied().fold(0.0, f64::max);
    if count == 0 || highest <= 0.0 {
        return nothing(language);
    }
    let across = Scale::new((0.0, count as f64), (1.0, 99.0));
    let down = Scale::new((0.0, highest), (98.0, 4.0));
    let (reference, current) = (steps(&reference, &across, &down), steps(&current, &across, &down));
    let floor = [(1.0, 98.0), (99.0, 98.0)];
    small(
        label,
        view! {
            <path class="overlay__reference" d=path::area(&reference, &floor) />
            <path class="overlay__current" d=path::line(current.into_iter().map(Some)) />
        }
        .into_any(),
    )
}

/// A line through a few values, with its threshold; nothing for fewer than two values.
pub(super) fn small_line(language: Language, label: String, values: &[f64], threshold: f64) -> AnyView {
    let Some((_, high)) = extent(values.iter().copied()).filter(|_| values.len() > 1) else {
        return nothing(language);
    };
    let across = Scale::new((0.0, (values.len() - 1) as f64), (1.0, 98.0));
    let down = Scale::new((0.0, high.max(threshold * 1.1)), (98.0, 6.0));
    let points: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, &value)| value.is_finite().then(|| (across.at(index as f64), down.at(value))))
        .collect();
    let last = points.iter().rev().find_map(|point| *point);
    let bound = down.at(threshold);
    small(
        label,
        view! {
            <path class="picture__bound" d=path::line([Some((0.0, bound)), Some((100.0, bound))]) />
            <path class="graph__line" d=path::line(points) />
            <path class="graph__dots" d=path::dots(last) />
        }
        .into_any(),
    )
}

/// Lines through time, with a threshold across; a word where there is no point.
pub(super) fn lines(language: Language, told: &Told, chart: &Lines<'_>) -> AnyView {
    let values = || chart.lines.iter().flat_map(|line| line.points.iter().map(|&(_, value)| value));
    let band = || chart.band.iter().flat_map(|&(_, low, high)| [low, high]);
    let times = || chart.lines.iter().flat_map(|line| line.points.iter().map(|&(at, _)| at));
    let (Some((low, high)), Some(first), Some(last)) =
        (extent(values().chain(band()).chain(chart.threshold)), times().min(), times().max())
    else {
        return nothing(language);
    };
    if extent(values()).is_none() {
        return nothing(language);
    }
    let low = if chart.from_zero { low.min(0.0) } else { low };
    let room = ((high - low) * 0.06).max(high.abs() * 0.02).max(1e-9);
    let (low, high) = (if chart.from_zero { low } else { low - room }, high + room);
    let across = Scale::new((seconds(first), seconds(last)), (LEFT + 1.0, RIGHT - 1.0));
    let down = Scale::new((low, high), (BOTTOM, TOP));
    let rules = ticks(low, high, 4);
    let grid: Vec<_> = rules.iter().flat_map(|&tick| rule(down.at(tick))).collect();
    let marks = rules.iter().map(|&tick| right_mark(down.at(tick), (chart.show)(tick))).collect_view();
    let bound = chart.threshold.map(|threshold| {
        view! { <path class="picture__bound" d=path::line(rule(down.at(threshold))) /> }
    });
    let edge = |of: fn(&(Timestamp, f64, f64)) -> f64| -> Vec<Point> {
        let known = chart.band.iter().filter(|(_, low, high)| low.is_finite() && high.is_finite());
        known.map(|entry| (across.at(seconds(entry.0)), down.at(of(entry)))).collect()
    };
    let band = (chart.band.len() > 1).then(|| {
        view! { <path class="graph__band" d=path::area(&edge(|entry| entry.2), &edge(|entry| entry.1)) /> }
    });
    let drawn = chart
        .lines
        .iter()
        .map(|line| {
            let points: Vec<Option<Point>> = line
                .points
                .iter()
                .map(|&(at, value)| value.is_finite().then(|| (across.at(seconds(at)), down.at(value))))
                .collect();
            let dots = (points.len() <= DOTTED).then(|| path::dots(points.iter().copied().flatten()));
            view! {
                <path class=line.class d=path::line(points) />
                {dots.map(|dots| view! { <path class=format!("{} graph__dots", line.class) d=dots /> })}
            }
        })
        .collect_view();
    let days = if format::day(first) == format::day(last) {
        mark_below(across.at(seconds(first)), "start", format::day(first))
    } else {
        view! {
            {mark_below(LEFT, "start", format::day(first))}
            {mark_below(RIGHT, "end", format::day(last))}
        }
        .into_any()
    };
    let stretched = view! {
        <path class="picture__grid" d=path::line(grid) />
        {band}
        {bound}
        {drawn}
    }
    .into_any();
    picture("graph", told, stretched, view! { {marks} {days} }.into_any())
}

/// Chances that were given against what happened, each with its interval, on the diagonal.
pub(super) fn reliability(language: Language, told: &Told, bins: &[Reliable]) -> AnyView {
    if bins.is_empty() {
        return nothing(language);
    }
    let across = Scale::new((0.0, 1.0), (LEFT + 1.5, RIGHT));
    let down = Scale::new((0.0, 1.0), (BOTTOM, TOP));
    let at = |x: f64, y: f64| (across.at(x), down.at(y));
    let shares = [0.0, 0.2, 0.4, 0.6, 0.8, 1.0];
    let grid: Vec<_> = shares
        .iter()
        .flat_map(|&tick| {
            [Some(at(tick, 0.0)), Some(at(tick, 1.0)), None, Some(at(0.0, tick)), Some(at(1.0, tick)), None]
        })
        .collect();
    let marks = shares
        .iter()
        .map(|&tick| {
            let text = format::percent(language, tick, 0);
            // Half of the first label would lie outside the picture.
            let anchor = if tick > 0.0 { "middle" } else { "start" };
            view! {
                {mark_below(across.at(tick), anchor, text.clone())}
                {right_mark(down.at(tick), text)}
            }
        })
        .collect_view();
    let intervals = path::strokes(bins.iter().map(|bin| (across.at(bin.chance), down.at(bin.low), down.at(bin.high))));
    let place = |bin: &Reliable| at(bin.chance, bin.happened);
    let (honest, off): (Vec<&Reliable>, Vec<&Reliable>) = bins.iter().partition(|bin| bin.is_honest());
    let stretched = view! {
        <path class="picture__grid" d=path::line(grid) />
        <path class="picture__diagonal" d=path::line([Some(at(0.0, 0.0)), Some(at(1.0, 1.0))]) />
        <path class="graph__interval" d=intervals />
        <path class="graph__line graph__dots graph__dots--large" d=path::dots(honest.into_iter().map(place)) />
        <path class="graph__off graph__dots graph__dots--large" d=path::dots(off.into_iter().map(place)) />
    }
    .into_any();
    picture("graph", told, stretched, marks.into_any())
}

/// A picture with the names of its axes and the meaning of its marks.
pub(super) fn plot(up: &'static str, along: &'static str, picture: AnyView, key: Vec<AnyView>) -> AnyView {
    let up = (!up.is_empty()).then(|| view! { <p class="plot__axis">"↑ " {up}</p> });
    let along = (!along.is_empty()).then(|| view! { <p class="plot__axis plot__axis--end">{along} " →"</p> });
    view! {
        <figure class="plot">
            {up}
            <div class="plot__board">{picture}</div>
            {along}
            <figcaption class="key">{key.into_iter().collect_view()}</figcaption>
        </figure>
    }
    .into_any()
}

/// What a line of a picture means.
pub(super) fn line_key(class: &'static str, text: &'static str) -> AnyView {
    key_entry(view! { <path class=class d="M0 8H16" /> }, text).into_any()
}

/// What an area of a picture means.
pub(super) fn area_key(class: &'static str, text: &'static str) -> AnyView {
    key_entry(view! { <path class=class d="M0 3H16V13H0Z" /> }, text).into_any()
}

/// What a dot of a picture means.
pub(super) fn dot_key(class: &'static str, text: &'static str) -> AnyView {
    key_entry(view! { <path class=class d="M8 8h0" /> }, text).into_any()
}

/// How a board stands, for its colour; its words say the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// Nobody knows yet.
    Unknown,
    /// As it should be.
    Good,
    /// Worth a look.
    Watch,
    /// Something is to be done.
    Bad,
}

/// What a board says in words, and what to do about it.
pub(super) fn verdict(tone: Tone, headline: AnyView, next: AnyView) -> AnyView {
    let class = match tone {
        Tone::Unknown => "verdict",
        Tone::Good => "verdict verdict--good",
        Tone::Watch => "verdict verdict--watch",
        Tone::Bad => "verdict verdict--bad",
    };
    view! {
        <div class=class>
            <p class="verdict__headline">{headline}</p>
            <p>{next}</p>
        </div>
    }
    .into_any()
}

/// Facts with their names.
pub(super) fn facts(entries: Vec<(&'static str, AnyView)>) -> AnyView {
    let entries = entries
        .into_iter()
        .map(|(name, value)| {
            view! {
                <div>
                    <dt>{name}</dt>
                    <dd>{value}</dd>
                </div>
            }
        })
        .collect_view();
    view! { <dl class="facts">{entries}</dl> }.into_any()
}

/// Links of which one is chosen.
pub(super) fn choices(label: &'static str, links: Vec<(String, String, bool)>) -> AnyView {
    let links = links
        .into_iter()
        .map(|(href, text, is_chosen)| {
            view! {
                <a class="button button--quiet button--small" href=href aria-current=is_chosen.then_some("page")>
                    {text}
                </a>
            }
        })
        .collect_view();
    view! {
        <nav class="form__actions" aria-label=label>
            {links}
        </nav>
    }
    .into_any()
}

/// A table that scrolls by itself where it is too wide; heads over the columns of `numbers` stand on the right, as the
/// numbers do.
pub(super) fn aligned(label: &'static str, heads: &[&'static str], numbers: &[usize], rows: AnyView) -> AnyView {
    let heads = heads
        .iter()
        .enumerate()
        .map(|(place, &head)| {
            let class = numbers.contains(&place).then_some("table__number");
            view! {
                <th scope="col" class=class>
                    {head}
                </th>
            }
        })
        .collect_view();
    view! {
        <div class="table-scroll" tabindex="0" role="region" aria-label=label>
            <table class="table">
                <thead>
                    <tr>{heads}</tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

/// A value of an address, so that nothing in it is read as part of the address.
pub(super) fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn picture(class: &'static str, told: &Told, stretched: AnyView, fixed: AnyView) -> AnyView {
    let (title, text) = (format!("{}-title", told.id), format!("{}-text", told.id));
    let (titled, told_by) = (title.clone(), text.clone());
    view! {
        <svg
            class=format!("picture {class}")
            role="img"
            aria-labelledby=titled
            aria-describedby=told_by
            width="100%"
            height="100%"
        >
            <title id=title>{told.title.clone()}</title>
            <desc id=text>{told.text.clone()}</desc>
            <svg viewBox="0 0 100 100" preserveAspectRatio="none" width="100%" height="100%">
                {stretched}
            </svg>
            {fixed}
        </svg>
    }
    .into_any()
}

fn small(label: String, drawn: AnyView) -> AnyView {
    view! {
        <svg class="picture picture--small" viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label=label>
            {drawn}
        </svg>
    }
    .into_any()
}

fn nothing(language: Language) -> AnyView {
    let text = say(language, "nothing to draw yet", "rien à dessiner pour l’instant");
    view! { <span class="graph__nothing">{text}</span> }.into_any()
}

fn right_mark(y: f64, text: String) -> AnyView {
    view! {
        <text class="picture__label" x="99.5%" y=format!("{y:.1}%") dy="0.35em" text-anchor="end">
            {text}
        </text>
    }
    .into_any()
}

fn mark_below(x: f64, anchor: &'static str, text: String) -> AnyView {
    view! {
        <text class="picture__label" x=format!("{x:.1}%") y="98.5%" text-anchor=anchor>
            {text}
        </text>
    }
    .into_any()
}

/// A line from side to side at a height, ready to be followed by another one.
fn rule(y: f64) -> [Option<Point>; 3] {
    [Some((LEFT, y)), Some((RIGHT, y)), None]
}

/// The outline of bars side by side, each as high as its value.
fn steps(values: &[f64], across: &Scale, down: &Scale) -> Vec<Point> {
    values
        .iter()
        .enumerate()
        .flat_map(|(index, &value)| {
            let y = down.at(value);
            [(across.at(index as f64), y), (across.at(index as f64 + 1.0), y)]
        })
        .collect()
}

/// Counts over their sum.
fn shares(counts: &[u64]) -> Vec<f64> {
    let all: u64 = counts.iter().sum();
    counts.iter().map(|&count| if all == 0 { 0.0 } else { count as f64 / all as f64 }).collect()
}

/// Seconds since 1970; exact for every year that anybody plots.
fn seconds(at: Timestamp) -> f64 {
    at.as_second() as f64
}

/// `1.2e-5`, with the language's own marks.
fn scientific(language: Language, value: f64) -> String {
    let text = format!("{value:.1e}").replace('-', "\u{2212}");
    match language {
        Language::English => text,
        Language::French => text.replace('.', ","),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::clock::instant;

    fn told(title: &str) -> Told {
        Told { id: "picture".to_owned(), title: title.to_owned(), text: "what it shows".to_owned() }
    }

    fn bins(reference: &[u64], current: &[u64]) -> Bins {
        let edges = (0..=reference.len()).map(|edge| edge as f64).collect();
        Bins { edges, names: Vec::new(), reference: reference.to_vec(), current: current.to_vec() }
    }

    #[test]
    fn figures_keep_three_digits_that_matter() {
        let shown = [0.0, 12_345.6, 1.234_5, 0.012_345, 0.000_012_34, f64::NAN];
        let texts = shown.map(|value| figure(Language::English, value));
        assert_eq!(texts, ["0", "12,346", "1.23", "0.0123", "1.2e\u{2212}5", "–"]);
        assert_eq!(figure(Language::French, -0.000_012_34), "\u{2212}1,2e\u{2212}5");
    }

    #[test]
    fn a_value_of_an_address_stays_one() {
        assert_eq!(encoded("rv_24h"), "rv_24h");
        assert_eq!(encoded("a&b=é/?"), "a%26b%3D%C3%A9%2F%3F");
    }

    #[test]
    fn a_tiny_probability_is_never_nought() {
        assert_eq!(probability(Language::English, 1e-9), "<\u{202f}0.001");
        assert_eq!(probability(Language::English, 0.25), "0.250");
    }

    #[test]
    fn a_picture_says_what_it_is_and_its_words_are_never_markup() {
        let html = overlay(Language::English, &told("<script>"), &bins(&[1, 3], &[2, 2])).to_html();
        assert!(html.contains("&lt;script&gt;") && !html.contains("<script>"), "{html}");
        assert!(html.contains("aria-labelledby=\"picture-title\"") && html.contains("id=\"picture-title\""), "{html}");
        assert!(html.contains("overlay__reference") && html.contains("overlay__current"), "{html}");
    }

    #[test]
    fn a_window_without_rows_draws_no_number_that_is_none() {
        let drawn = [
            overlay(Language::English, &told("a"), &bins(&[1, 3], &[0, 0])).to_html(),
            overlay(Language::English, &told("b"), &bins(&[], &[])).to_html(),
            lines(
                Language::English,
                &told("c"),
                &Lines {
                    lines: &[Line { class: "graph__line", points: &[(instant(0), f64::NAN)] }],
                    band: &[],
                    threshold: Some(1.0),
                    from_zero: true,
                    show: &|value| format!("{value}"),
                },
            )
            .to_html(),
        ];
        for html in drawn {
            assert!(!html.contains("NaN") && !html.contains("inf"), "{html}");
        }
    }

    #[test]
    fn a_line_of_one_point_is_a_dot() {
        let chart = Lines {
            lines: &[Line { class: "graph__line", points: &[(instant(1_751_324_400), 0.4)] }],
            band: &[],
            threshold: None,
            from_zero: true,
            show: &|value| format::number(Language::English, value, 1),
        };
        let html = lines(Language::English, &told("one"), &chart).to_html();
        assert!(html.contains("h0") && !html.contains("NaN"), "{html}");
    }

    #[test]
    fn a_chance_is_honest_where_its_interval_holds_it() {
        let bin = |chance| Reliable { chance, happened: 0.4, low: 0.3, high: 0.5, count: 20 };
        assert!(bin(0.3).is_honest() && bin(0.5).is_honest() && !bin(0.51).is_honest());
    }
}
