//! What drifted as one HTML page: no script, nothing from elsewhere, light and dark.

use ml::drift::{Role, Verdict};

use super::text::{ahead, label, linked, most_moved, percent, shift, title};
use super::windows::{Found, Scores, Story, Sum, Window};
use crate::verbs::drift::page::{class, escape, opening};
use crate::verbs::drift::text::word;

/// Width of a drawing, in its own units.
const WIDTH: f64 = 960.0;
/// Room for the names on the left.
const LEFT: f64 = 150.0;
/// Height of what is drawn over time.
const HEIGHT: f64 = 150.0;
/// Room above it, and below it for the names of windows.
const ABOVE: f64 = 8.0;
const BELOW: f64 = 18.0;
/// Height of a row of the map.
const ROW: f64 = 15.0;
/// A distance, in standard deviations, from which on a cell of the map is as dark as it gets.
const DARKEST: f64 = 1.5;
/// Names of windows below a drawing at most.
const MOST_LABELS: usize = 14;

const STYLE: &str = "<style>\
.over svg{min-width:44rem}.bar{fill:currentColor}.axis{stroke:var(--line)}\
.mark{stroke:var(--quiet);stroke-dasharray:4 4}.line{fill:none;stroke-width:2;stroke-linejoin:round}\
.ours{stroke:var(--current)}.theirs{stroke:var(--reference)}.old{stroke:var(--quiet);stroke-dasharray:5 3}\
.key.ours{background:var(--current)}.key.theirs{background:var(--reference)}.key.old{background:var(--quiet)}\
.up{fill:var(--current)}.down{fill:var(--reference)}.edge{fill:none;stroke:var(--bad);stroke-width:1.5}\
h2{margin:1.5rem 0 .5rem}\
</style>\n";

/// The whole page.
pub(super) fn page(found: &Found) -> String {
    let mut page = opening(&headline(found));
    page.push_str(STYLE);
    page.push_str(&format!(
        "<main>\n<p class=\"quiet\">InvestBuddy: drift over time</p>\n<h1>{}</h1>\n<p>{} ({}).</p>\n",
        escape(&headline(found)),
        escape(&title(found)),
        ahead(found.horizon)
    ));
    page.push_str(&story(found, &found.served, found.kept.as_ref()));
    if let Some(kept) = &found.kept {
        page.push_str(&renewing(&found.served, kept));
        page.push_str(&story(found, kept, None));
    }
    page.push_str(&format!(
        "<h2>How to read it</h2>\n<p class=\"quiet\">A window drifted where at least {:.0} % of the features that could \
         be judged did; where fewer than half of them could be judged there are too few rows. The distance is the mean \
         Wasserstein distance of the features from the reference, in its standard deviations; it is shown for every \
         window, whatever the verdict. QLIKE is 0 for a perfect forecast of the variance. HAR with calendar is fitted \
         on the same span as the model. The 80 % interval should hold 80 % of the outcomes.</p>\n",
        100.0 * found.rules.drifted_share
    ));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

fn headline(found: &Found) -> String {
    let Sum { windows, drifted, judged, .. } = found.served.all;
    format!("{drifted} of {judged} windows drifted that could be judged; {windows} were looked at")
}

fn story(found: &Found, story: &Story, kept: Option<&Story>) -> String {
    let months = found.months;
    let windows = &story.windows;
    let mut part = format!("<h2>{}</h2>\n", escape(&story.name));
    for link in &story.links {
        part.push_str(&format!("<p>{}.</p>\n", escape(&capital(&linked(link)))));
    }
    part.push_str("<h2>Share of the judged features that drifted</h2>\n");
    part.push_str(&shares(windows, months, found.rules.drifted_share));
    part.push_str("<h2>QLIKE</h2>\n");
    part.push_str(&keys(kept.is_some()));
    let qlike = |of: &Story, number: fn(&Scores) -> f64| -> Vec<Option<f64>> {
        of.windows.iter().map(|window| window.scores.as_ref().map(number)).collect()
    };
    let mut lines =
        vec![("theirs", qlike(story, |scores| scores.baseline)), ("ours", qlike(story, |scores| scores.qlike))];
    if let Some(kept) = kept {
        lines.insert(1, ("old", qlike(kept, |scores| scores.qlike)));
    }
    part.push_str(&over_time("QLIKE of each window", windows, months, &lines, None));
    part.push_str("<h2>What the 80 % interval held</h2>\n");
    let coverage = [("ours", qlike(story, |scores| scores.coverage80))];
    part.push_str(&over_time("Coverage of each window", windows, months, &coverage, Some(0.8)));
    part.push_str("<h2>What moved</h2>\n<p class=\"quiet\">The darker, the further from the reference; ");
    part.push_str(
        "<span class=\"key ours\"></span>higher, <span class=\"key theirs\"></span>lower; framed where it \
         drifted.</p>\n",
    );
    part.push_str(&map(windows, months));
    part.push_str(&table(windows, months));
    part
}

fn keys(has_kept: bool) -> String {
    let kept = if has_kept { "<span class=\"key old\"></span>never renewed&ensp;" } else { "" };
    format!(
        "<p><span class=\"key ours\"></span>the model&ensp;{kept}<span class=\"key theirs\"></span>HAR with \
         calendar</p>\n"
    )
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Width of a window.
fn wide(windows: &[Window]) -> f64 {
    (WIDTH - LEFT) / windows.len().max(1) as f64
}

/// Where a window begins.
fn left(windows: &[Window], place: usize) -> f64 {
    LEFT + place as f64 * wide(windows)
}

fn open_svg(name: &str, height: f64) -> String {
    format!("<div class=\"wide over\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" aria-label=\"{name}\">\n")
}

const CLOSE_SVG: &str = "</svg></div>\n";

/// The names of windows, as many as have room, below `y`.
fn names(windows: &[Window], months: u8, y: f64) -> String {
    let every = windows.len().div_ceil(MOST_LABELS).max(1);
    let mut names = String::new();
    for (place, window) in windows.iter().enumerate().step_by(every) {
        let x = left(windows, place) + 0.5 * wide(windows);
        names.push_str(&format!(
            "<text x=\"{x:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\n",
            y + 12.0,
            label(window.from, months)
        ));
    }
    names
}

/// A level line with its name on the left.
fn level(y: f64, name: &str, class: &str) -> String {
    format!(
        "<line class=\"{class}\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{y:.1}\" y2=\"{y:.1}\"/>\
         <text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{name}</text>\n",
        LEFT - 6.0,
        y + 3.5
    )
}

/// Bars of the share of judged features that drifted; a stump where nothing can be said.
fn shares(windows: &[Window], months: u8, bound: f64) -> String {
    let mut svg = open_svg("Share of the judged features that drifted", ABOVE + HEIGHT + BELOW);
    let y_of = |share: f64| ABOVE + HEIGHT * (1.0 - share);
    for (share, class) in [(0.0, "axis"), (bound, "mark"), (1.0, "axis")] {
        svg.push_str(&level(y_of(share), &format!("{:.0} %", 100.0 * share), class));
    }
    for (place, window) in windows.iter().enumerate() {
        let (y, bottom) = (y_of(window.share).min(y_of(0.0) - 2.0), y_of(0.0));
        svg.push_str(&format!(
            "<g class=\"{}\"><rect class=\"bar\" x=\"{:.1}\" y=\"{y:.1}\" width=\"{:.1}\" height=\"{:.1}\"><title>{}: {}, \
             {} of {} judged features of {}</title></rect></g>\n",
            class(window.verdict),
            left(windows, place) + 0.1 * wide(windows),
            0.8 * wide(windows),
            bottom - y,
            label(window.from, months),
            word(window.verdict),
            window.drifted,
            window.judged,
            window.features,
        ));
    }
    svg.push_str(&names(windows, months, ABOVE + HEIGHT));
    svg.push_str(CLOSE_SVG);
    svg
}

/// Numbers of each window as lines, broken where there is none; `aim` is a level that they should be at.
fn over_time(
    name: &str,
    windows: &[Window],
    months: u8,
    lines: &[(&str, Vec<Option<f64>>)],
    aim: Option<f64>,
) -> String {
    let known = || lines.iter().flat_map(|(_, numbers)| numbers.iter().flatten()).copied().chain(aim);
    let (least, most) = (known().fold(f64::INFINITY, f64::min), known().fold(f64::NEG_INFINITY, f64::max));
    if !(least.is_finite() && most.is_finite()) {
        return "<p class=\"quiet\">No outcome is known.</p>\n".to_owned();
    }
    let room = (0.08 * (most - least)).max(1e-3);
    let (least, most) = (least - room, most + room);
    let y_of = |number: f64| ABOVE + HEIGHT * (most - number) / (most - least);
    let mut svg = open_svg(name, ABOVE + HEIGHT + BELOW);
    for number in [least, 0.5 * (least + most), most] {
        svg.push_str(&level(y_of(number), &format!("{number:.2}"), "axis"));
    }
    if let Some(aim) = aim {
        svg.push_str(&format!(
            "<line class=\"mark\" x1=\"{LEFT}\" x2=\"{WIDTH}\" y1=\"{0:.1}\" y2=\"{0:.1}\"/>\n",
            y_of(aim)
        ));
    }
    for (class, numbers) in lines {
        svg.push_str(&format!("<path class=\"line {class}\" d=\"{}\"/>\n", path(windows, numbers, y_of)));
    }
    svg.push_str(&names(windows, months, ABOVE + HEIGHT));
    svg.push_str(CLOSE_SVG);
    svg
}

/// From the middle of one window to that of the next; a window alone is a stroke as wide as itself.
fn path(windows: &[Window], numbers: &[Option<f64>], y_of: impl Fn(f64) -> f64) -> String {
    let mut path = String::new();
    for (place, number) in numbers.iter().enumerate() {
        let Some(y) = number.map(&y_of) else { continue };
        let is_known = |place: Option<usize>| place.and_then(|place| numbers.get(place)).is_some_and(Option::is_some);
        let middle = left(windows, place) + 0.5 * wide(windows);
        match (is_known(place.checked_sub(1)), is_known(place.checked_add(1))) {
            (true, _) => path.push_str(&format!("L{middle:.1} {y:.1}")),
            (false, true) => path.push_str(&format!("M{middle:.1} {y:.1}")),
            (false, false) => {
                let half = 0.4 * wide(windows);
                path.push_str(&format!("M{:.1} {y:.1}H{:.1}", middle - half, middle + half));
            }
        }
    }
    path
}

/// A cell a column and window: how far it is from the reference, and to which side.
fn map(windows: &[Window], months: u8) -> String {
    let Some(first) = windows.first() else { return String::new() };
    let drawn: Vec<&str> =
        first.columns.iter().filter(|column| column.wasserstein.is_some()).map(|column| column.name.as_str()).collect();
    let height = ROW * drawn.len() as f64;
    let mut svg = open_svg("How far each column is from the reference", height + BELOW);
    for (row, name) in drawn.iter().enumerate() {
        let y = row as f64 * ROW;
        svg.push_str(&format!(
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\n",
            LEFT - 6.0,
            y + 11.0,
            escape(name)
        ));
        for (place, window) in windows.iter().enumerate() {
            let Some(column) = window.columns.iter().find(|column| column.name == *name) else { continue };
            let dark = (column.wasserstein.unwrap_or_default() / DARKEST).clamp(0.03, 1.0);
            let side = if column.shift.unwrap_or_default() < 0.0 { "down" } else { "up" };
            let cell = format!(
                "x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\"",
                left(windows, place) + 0.5,
                y + 0.5,
                (wide(windows) - 1.0).max(1.0),
                ROW - 1.0
            );
            svg.push_str(&format!(
                "<rect class=\"{side}\" fill-opacity=\"{dark:.2}\" {cell}><title>{}, {}: mean {} standard deviations, \
                 {}</title></rect>\n",
                escape(name),
                label(window.from, months),
                shift(column),
                word(column.verdict)
            ));
            if column.verdict == Verdict::Drifted {
                svg.push_str(&format!("<rect class=\"edge\" {cell}/>\n"));
            }
        }
    }
    svg.push_str(&names(windows, months, height));
    svg.push_str(CLOSE_SVG);
    svg
}

fn table(windows: &[Window], months: u8) -> String {
    let mut table = String::from(
        "<div class=\"wide\"><table>\n<thead><tr><th>Window</th><th>Verdict</th><th class=\"number\">Drifted</th>\
         <th class=\"number\">If rows were independent</th><th class=\"number\">Distance</th><th>Moved most</th>\
         <th class=\"number\">Outcome</th><th class=\"number\">QLIKE</th><th class=\"number\">HAR</th>\
         <th class=\"number\">Against</th><th class=\"number\">80 % held</th></tr></thead>\n<tbody>\n",
    );
    for window in windows {
        let named: Vec<String> = most_moved(window)
            .take(3)
            .map(|column| {
                let of = format!("{} {}", escape(&column.name), shift(column));
                if column.verdict == Verdict::Drifted { format!("<strong>{of}</strong>") } else { of }
            })
            .collect();
        let outcome = window.columns.iter().find(|column| column.role == Role::Target && column.shift.is_some());
        table.push_str(&format!(
            "<tr><td>{}</td><td class=\"{}\">{}</td><td class=\"number\">{} of {}</td>\
             <td class=\"number\">{} of {}</td><td class=\"number\">{:.2}</td><td>{}</td><td class=\"number\">{}</td>{}</tr>\n",
            label(window.from, months),
            class(window.verdict),
            word(window.verdict),
            window.drifted,
            window.judged,
            window.drifted_if_independent,
            window.features,
            window.distance,
            named.join(", "),
            outcome.map_or_else(|| "-".to_owned(), shift),
            cells(window.scores.as_ref()),
        ));
    }
    table.push_str("</tbody>\n</table></div>\n");
    table
}

fn cells(scores: Option<&Scores>) -> String {
    let texts = scores.map_or_else(Default::default, |scores| {
        [
            format!("{:.4}", scores.qlike),
            format!("{:.4}", scores.baseline),
            percent(scores.against_baseline()),
            format!("{:.1} %", 100.0 * scores.coverage80),
        ]
    });
    texts.map(|text| format!("<td class=\"number\">{text}</td>")).concat()
}

/// What fitting anew changed, year by year.
fn renewing(renewed: &Story, kept: &Story) -> String {
    let mut table = String::from(
        "<h2>What fitting anew changed</h2>\n<div class=\"wide\"><table>\n<thead><tr><th>Year</th>\
         <th class=\"number\">Drifted, renewed</th><th class=\"number\">Drifted, kept</th>\
         <th class=\"number\">Distance, renewed</th><th class=\"number\">Distance, kept</th>\
         <th class=\"number\">QLIKE, renewed</th><th class=\"number\">QLIKE, kept</th>\
         <th class=\"number\">Renewed against kept</th></tr></thead>\n<tbody>\n",
    );
    let years = renewed.years.iter().zip(&kept.years).map(|((year, one), (_, other))| (year.to_string(), one, other));
    for (name, one, other) in years.chain([("all".to_owned(), &renewed.all, &kept.all)]) {
        let qlike = |sum: &Sum| sum.scores.map_or_else(|| "-".to_owned(), |scores| format!("{:.4}", scores.qlike));
        let against = one.scores.zip(other.scores).map(|(one, other)| percent(one.qlike / other.qlike - 1.0));
        table.push_str(&format!("<tr><td>{name}</td>"));
        for text in [
            format!("{} of {}", one.drifted, one.judged),
            format!("{} of {}", other.drifted, other.judged),
            format!("{:.2}", one.distance),
            format!("{:.2}", other.distance),
            qlike(one),
            qlike(other),
            against.unwrap_or_else(|| "-".to_owned()),
        ] {
            table.push_str(&format!("<td class=\"number\">{text}</td>"));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody>\n</table></div>\n");
    table
}

#[cfg(test)]
mod tests {
    use super::super::windows::sample;
    use super::*;

    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_no_name_becomes_markup() {
        let page = page(&sample());
        for outside in ["http:", "https:", "src=", "<link", "@import", "url(", "<script", "<each>", "<rsi>"] {
            assert!(!page.contains(outside), "{outside}");
        }
        assert!(page.contains("&lt;each&gt;") && page.contains("&lt;rsi&gt;"));
        assert!(page.contains("prefers-color-scheme:dark") && page.ends_with("</html>\n"));
        assert!(!page.contains("NaN") && !page.contains("inf\""), "a drawing without a number");
    }

    #[test]
    fn each_model_has_its_four_drawings_and_a_row_a_window() {
        let mut found = sample();
        assert_eq!(page(&found).matches("<svg").count(), 8);
        found.kept = None;
        let page = page(&found);
        assert_eq!(page.matches("<svg").count(), 4);
        assert_eq!(page.matches("<tr><td>20").count(), 7);
        assert!(page.contains("<h1>2 of 6 windows drifted that could be judged; 7 were looked at</h1>"));
        assert_eq!(page.matches("<g class=\"drifted\">").count(), 2);
        // A drifted feature is framed in the map.
        assert_eq!(page.matches("class=\"edge\"").count(), 2);
    }

    #[test]
    fn lines_break_where_nothing_is_known() {
        let windows = sample().served.windows;
        let numbers = [Some(1.0), Some(2.0), None, Some(3.0), None, Some(1.0), Some(1.0)];
        let path = path(&windows, &numbers, |number| number);
        assert_eq!((path.matches('M').count(), path.matches('L').count(), path.matches('H').count()), (3, 2, 1));
        let nothing = over_time("nothing", &windows, 1, &[("ours", vec![None; 7])], None);
        assert!(nothing.contains("No outcome is known"));
    }
}
