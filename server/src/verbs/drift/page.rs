//! A comparison as one HTML file: no script, nothing from elsewhere, light and dark.

use ml::drift::{ColumnReport, Histogram, Report, Role, Summary, TestKind, TestResult, Threshold, Verdict};

use super::text::{headline, limit, number, role, short, test, word};
use super::{Comparison, Source};

/// Width and height of a drawing, in its own units.
const WIDTH: f64 = 360.0;
const HEIGHT: f64 = 120.0;

/// Characters of a category below a drawing.
const LABEL: usize = 10;

const STYLE: &str = "\
:root{color-scheme:light dark;--ground:#fff;--panel:#f5f6f8;--text:#1c2330;--quiet:#5a6475;--line:#d5dae2;\
--reference:#4468b0;--current:#c05a12;--bad:#a3260f;--good:#1d6b3a}\
@media(prefers-color-scheme:dark){:root{--ground:#12161d;--panel:#1a202a;--text:#e6eaf1;--quiet:#9aa5b8;\
--line:#323b4a;--reference:#86a8ee;--current:#f0a065;--bad:#ff9c86;--good:#7fd49b}}\
*{box-sizing:border-box}\
body{margin:0 auto;padding:1.5rem 1rem 4rem;max-width:72rem;background:var(--ground);color:var(--text);\
font:16px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}\
h1{font-size:1.6rem;line-height:1.25;margin:.25rem 0 1rem}h2{font-size:1.15rem;margin:0}\
h2 small{font-weight:400;color:var(--quiet)}p{margin:.5rem 0}\
.quiet,caption,th{color:var(--quiet)}.drifted{color:var(--bad)}.stable{color:var(--good)}\
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem;font-variant-numeric:tabular-nums}\
caption{text-align:left}th,td{padding:.3rem .6rem .3rem 0;border-bottom:1px solid var(--line);text-align:left;\
vertical-align:top}td.number,th.number{text-align:right;white-space:nowrap}\
article{background:var(--panel);border:1px solid var(--line);border-radius:.5rem;padding:1rem;margin:1rem 0}\
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(20rem,100%),1fr));gap:1rem;align-items:start}\
svg{display:block;width:100%;height:auto}svg text{fill:var(--quiet);font-size:10px}\
.reference{fill:var(--reference);fill-opacity:.45;stroke:var(--reference)}\
.current{fill:var(--current);fill-opacity:.35;stroke:var(--current)}\
.key{display:inline-block;width:.8em;height:.8em;border-radius:2px;margin-right:.35em}\
.key.reference{background:var(--reference)}.key.current{background:var(--current)}";

/// The whole page.
pub(super) fn page(comparison: &Comparison) -> String {
    let Comparison { reference, current, left_out, notes, report } = comparison;
    let mut page = opening(&headline(report));
    page.push_str(&format!(
        "<main>\n<p class=\"quiet\">InvestBuddy drift report</p>\n<h1 class=\"{}\">{}</h1>\n",
        class(report.verdict),
        headline(report)
    ));
    page.push_str(&format!("<p>{} {}</p>\n", key("reference", reference), key("current", current)));
    page.push_str(&overview(report));
    for (column, place) in sorted(report).into_iter().zip(1..) {
        page.push_str(&article(column, place));
    }
    if !left_out.is_empty() {
        page.push_str("<h2>Not compared</h2>\n<ul>\n");
        for out in left_out {
            page.push_str(&format!("<li>{}: {}</li>\n", escape(short(&out.column)), escape(&out.why)));
        }
        page.push_str("</ul>\n");
    }
    if !notes.is_empty() {
        page.push_str("<h2>Notes</h2>\n<ul>\n");
        for note in notes {
            page.push_str(&format!("<li>{}</li>\n", escape(note)));
        }
        page.push_str("</ul>\n");
    }
    page.push_str(&rules(report));
    page.push_str("</main>\n</body>\n</html>\n");
    page
}

/// A document up to its content, which may hold drawings and styles of its own and nothing from elsewhere.
pub(in crate::verbs) fn opening(title: &str) -> String {
    let mut page = String::from("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.push_str("<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n");
    page.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none';style-src 'unsafe-inline'\">\n",
    );
    page.push_str(&format!("<title>Drift: {}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n", escape(title)));
    page
}

fn sorted(report: &Report) -> Vec<&ColumnReport> {
    let mut columns: Vec<&ColumnReport> = report.columns.iter().collect();
    columns.sort_by_key(|column| (column.role != Role::Feature, column.verdict != Verdict::Drifted));
    columns
}

fn key(of: &str, source: &Source) -> String {
    format!("<span class=\"key {of}\"></span>{of}: {} ({} rows)&ensp;", escape(&source.file), source.rows)
}

fn overview(report: &Report) -> String {
    let mut table = String::from(
        "<div class=\"wide\"><table>\n<thead><tr><th>Column</th><th>Verdict</th><th>Because of</th>\
         <th class=\"number\">Independent rows</th><th class=\"number\">Missing</th></tr></thead>\n<tbody>\n",
    );
    for (column, place) in sorted(report).into_iter().zip(1_usize..) {
        let because: Vec<&str> = column.because.iter().map(|kind| test(*kind)).collect();
        table.push_str(&format!(
            "<tr><td><a href=\"#column-{place}\">{}</a> <span class=\"quiet\">{}</span></td>\
             <td class=\"{}\">{}</td><td>{}</td><td class=\"number\">1 in {}</td>\
             <td class=\"number\">{:.1} % → {:.1} %</td></tr>\n",
            escape(short(&column.name)),
            role(column.role),
            class(column.verdict),
            word(column.verdict),
            because.join(", "),
            number(column.correlation_rows),
            100.0 * column.reference.missing_share(),
            100.0 * column.current.missing_share(),
        ));
    }
    table.push_str("</tbody>\n</table></div>\n");
    table
}

fn article(column: &ColumnReport, place: usize) -> String {
    let name = escape(short(&column.name));
    let mut article = format!(
        "<h2>{name} <small class=\"{}\">{}</small> <small>{}</small></h2>\n<div class=\"two\">\n<div>{}{}</div>\n",
        class(column.verdict),
        word(column.verdict),
        role(column.role),
        drawing(&column.histogram, &name),
        quantiles(&column.reference, &column.current),
    );
    article.push_str(
        "<div class=\"wide\"><table><thead><tr><th>Test</th><th class=\"number\">Statistic</th>\
         <th class=\"number\">p</th><th class=\"number\">p, independent rows</th><th class=\"number\">Limit</th>\
         <th>Verdict</th></tr></thead>\n<tbody>\n",
    );
    for result in &column.tests {
        article.push_str(&test_row(result));
    }
    article.push_str("</tbody></table></div>\n</div>\n");
    if !column.new_categories.is_empty() {
        let names: Vec<String> = column.new_categories.iter().map(|name| escape(short(name))).collect();
        article.push_str(&format!("<p>New categories: {}</p>\n", names.join(", ")));
    }
    format!("<article id=\"column-{place}\">\n{article}</article>\n")
}

fn test_row(result: &TestResult) -> String {
    let chance = |p: Option<f64>| p.map(number).unwrap_or_default();
    let sign = if matches!(result.threshold, Threshold::PBelow { .. }) { "p &lt; " } else { "&gt; " };
    format!(
        "<tr><td title=\"{}\">{}</td><td class=\"number\">{}</td><td class=\"number\">{}</td>\
         <td class=\"number\">{}</td><td class=\"number\">{sign}{}</td><td class=\"{}\">{}</td></tr>\n",
        escape(&result.rule),
        test(result.test),
        number(result.statistic),
        chance(result.p),
        chance(result.p_effective),
        limit(&result.threshold),
        class(result.verdict),
        if is_remark(result.test) && result.verdict == Verdict::Drifted { "remarkable" } else { word(result.verdict) },
    )
}

/// Whether a test never decides.
const fn is_remark(kind: TestKind) -> bool {
    matches!(kind, TestKind::OutOfRange | TestKind::ChiSquareOfFit)
}

fn quantiles(reference: &Summary, current: &Summary) -> String {
    let (Some(one), Some(other)) = (&reference.numbers, &current.numbers) else { return String::new() };
    let mut table = String::from(
        "<div class=\"wide\"><table><thead><tr><th></th><th class=\"number\">mean</th><th class=\"number\">sd</th>\
         <th class=\"number\">least</th><th class=\"number\">5 %</th><th class=\"number\">25 %</th>\
         <th class=\"number\">50 %</th><th class=\"number\">75 %</th><th class=\"number\">95 %</th>\
         <th class=\"number\">most</th></tr></thead>\n<tbody>\n",
    );
    for (name, of) in [("reference", one), ("current", other)] {
        let [q05, q25, q50, q75, q95] = of.quantiles;
        let cells = [of.mean, of.standard_deviation, of.least, q05, q25, q50, q75, q95, of.most];
        table.push_str(&format!("<tr><th>{name}</th>"));
        for cell in cells {
            table.push_str(&format!("<td class=\"number\">{}</td>", number(cell)));
        }
        table.push_str("</tr>\n");
    }
    table.push_str("</tbody></table></div>\n");
    table
}

/// Both windows drawn over each other as shares of their own rows.
fn drawing(histogram: &Histogram, name: &str) -> String {
    let (reference, current, labels) = match histogram {
        Histogram::Numbers { edges, reference, current } => {
            let ends = [edges.first(), edges.last()].map(|end| end.map_or_else(String::new, |end| number(*end)));
            (reference.clone(), current.clone(), ends.to_vec())
        }
        Histogram::Categories { names, reference, current, others } => {
            let (mut reference, mut current, mut names) = (reference.clone(), current.clone(), names.clone());
            if others[0] + others[1] > 0 {
                reference.push(others[0]);
                current.push(others[1]);
                names.push("others".to_owned());
            }
            (reference, current, names)
        }
    };
    let shares = |counts: &[u64]| {
        let all = counts.iter().sum::<u64>().max(1) as f64;
        counts.iter().map(|count| *count as f64 / all).collect::<Vec<f64>>()
    };
    let (reference, current) = (shares(&reference), shares(&current));
    let bars = reference.len();
    if bars == 0 {
        return "<p class=\"quiet\">No value to draw.</p>".to_owned();
    }
    let highest = reference.iter().chain(&current).copied().fold(0.0, f64::max).max(1e-9);
    let wide = WIDTH / bars as f64;
    let mut svg = format!(
        "<svg viewBox=\"0 0 {WIDTH} {}\" role=\"img\" aria-label=\"Distribution of {name}: reference and current\">\n",
        HEIGHT + 14.0
    );
    for (class, shares) in [("reference", &reference), ("current", &current)] {
        let path = match histogram {
            Histogram::Numbers { .. } => outline(shares, highest, wide),
            Histogram::Categories { .. } => separate(shares, highest, wide),
        };
        svg.push_str(&format!("<path class=\"{class}\" d=\"{path}\"/>\n"));
    }
    let is_numbers = matches!(histogram, Histogram::Numbers { .. });
    for (place, label) in labels.iter().enumerate() {
        let cut: String = short(label).chars().take(if is_numbers { usize::MAX } else { LABEL }).collect();
        let (x, anchor) = match (is_numbers, place) {
            (true, 0) => (0.0, "start"),
            (true, _) => (WIDTH, "end"),
            (false, _) => ((place as f64 + 0.5) * wide, "middle"),
        };
        let y = HEIGHT + 11.0;
        svg.push_str(&format!("<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"{anchor}\">{}</text>\n", escape(&cut)));
    }
    svg.push_str("</svg>\n");
    svg
}

/// The outline of bars that touch.
fn outline(shares: &[f64], highest: f64, wide: f64) -> String {
    let mut path = format!("M0 {HEIGHT}");
    for (bar, share) in shares.iter().enumerate() {
        let y = HEIGHT * (1.0 - share / highest);
        path.push_str(&format!("L{:.1} {y:.1}L{:.1} {y:.1}", bar as f64 * wide, (bar + 1) as f64 * wide));
    }
    path.push_str(&format!("L{WIDTH} {HEIGHT}Z"));
    path
}

/// Bars with room between them.
fn separate(shares: &[f64], highest: f64, wide: f64) -> String {
    let mut path = String::new();
    for (bar, share) in shares.iter().enumerate() {
        let (left, right) = ((bar as f64 + 0.15) * wide, (bar as f64 + 0.85) * wide);
        let y = HEIGHT * (1.0 - share / highest);
        path.push_str(&format!("M{left:.1} {HEIGHT}V{y:.1}H{right:.1}V{HEIGHT}Z"));
    }
    path
}

fn rules(report: &Report) -> String {
    let rules = &report.rules;
    format!(
        "<h2>Rules</h2>\n<p class=\"quiet\">A column drifted where a test of chance says p &lt; {} for as many \
         independent rows as its rows are worth, and the change is large: Wasserstein above {} standard deviations, PSI \
         above {} or Jensen–Shannon above {}, or above what chance alone reaches; or where the share of missing values \
         changed by more than {}, or more than {} of the rows have new categories. The table drifted from {} of the \
         judged features on. Columns with fewer than {} rows, or rows worth fewer than {} independent ones, are not \
         judged.</p>\n",
        rules.significance,
        rules.wasserstein,
        rules.psi,
        rules.jensen_shannon,
        rules.missing_change,
        rules.new_categories,
        rules.drifted_share,
        rules.least_rows,
        rules.least_effective_rows,
    )
}

/// The class of a verdict.
pub(in crate::verbs) const fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Drifted => "drifted",
        Verdict::Stable => "stable",
        Verdict::TooFewRows => "quiet",
    }
}

/// A text without anything that HTML would take for its own.
pub(in crate::verbs) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // HTML has no place for them.
            letter if letter.is_control() && letter != '\n' && letter != '\t' => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use ml::drift::{Column, Pair, Rules, compare};

    use super::super::LeftOut;
    use super::*;

    fn comparison(name: &str, level: &str) -> Comparison {
        let numbers: [Vec<f64>; 2] =
            [0, 500].map(|shift| (0..600).map(|row| f64::from(row * 7 % 601 + shift)).collect());
        let levels = [level.to_owned(), "other".to_owned()];
        let codes: Vec<u32> = (0..600).map(|row| u32::from(row % 3 == 0)).collect();
        let texts = Column::Categories { levels: &levels, codes: &codes };
        let pairs = [
            Pair {
                name,
                role: Role::Feature,
                reference: Column::Numbers(&numbers[0]),
                current: Column::Numbers(&numbers[1]),
            },
            Pair { name: "kind", role: Role::Target, reference: texts, current: texts },
        ];
        let source = |file: &str| Source { file: file.to_owned(), rows: 600 };
        Comparison {
            reference: source("<a>.csv"),
            current: source("b&c.csv"),
            left_out: vec![LeftOut::new("<b>", "only <here>")],
            notes: vec!["note <i>".to_owned()],
            report: compare(&pairs, &Rules::default()).expect("two columns"),
        }
    }

    #[test]
    fn nothing_from_a_file_becomes_markup() {
        let page = page(&comparison("\"><script>alert(1)</script>", "<img src=x onerror='x'>"));
        for hostile in ["<script", "<img", "<a>.csv", "<b>", "<here>", "<i>", "onerror='"] {
            assert!(!page.contains(hostile), "{hostile}");
        }
        assert!(page.contains("&lt;img") && page.contains("b&amp;c.csv"));
    }

    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_says_the_verdict_first() {
        let page = page(&comparison("volume", "calm"));
        for outside in ["http:", "https:", "src=", "<link", "@import", "url("] {
            assert!(!page.contains(outside), "{outside}");
        }
        let headline =
            page.find("<h1 class=\"drifted\">The tables differ: 1 of 1 features drifted").expect("a verdict");
        assert!(headline < page.find("<table>").expect("a table"));
        assert_eq!(page.matches("<svg").count(), 2);
        assert!(page.contains("prefers-color-scheme:dark") && page.ends_with("</html>\n"));
    }
}
