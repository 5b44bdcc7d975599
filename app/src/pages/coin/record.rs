//! Forecast versus outcome, so that a reader can judge us.

use domain::clock::instant;
use domain::forecast::{PastForecast, TrackRecord};
use leptos::prelude::*;

use crate::charts::timeline::{Timeline, Verdict};
use crate::components::folded_table::{FoldedTable, Head};
use crate::components::key::key_entry;
use crate::components::moment::Moment;
use crate::format;
use crate::links::Page;
use crate::words::{Words, use_words};

/// How many past forecasts the table lists.
const TABLE_ROWS: usize = 30;

/// The record of one horizon: counts in words, a picture and the last forecasts as a table.
#[component]
pub(crate) fn Record(record: Option<TrackRecord>) -> impl IntoView {
    let words = use_words();
    let judged = record.as_ref().map(|record| Page::HowGood(Some(record.symbol.clone()), record.horizon));
    let content = match record.filter(|record| !record.forecasts.is_empty()) {
        None => view! { <p class="empty">{words.coin.record_empty}</p> }.into_any(),
        Some(record) => {
            let counts = counts(&record, words).into_iter().map(|text| view! { <li>{text}</li> }).collect_view();
            let recent = record.forecasts.iter().rev().take(TABLE_ROWS).copied().collect();
            view! {
                <ul class="counts" role="list">
                    {counts}
                </ul>
                <figure class="record__figure">
                    <div class="record__plot">
                        <Timeline forecasts=record.forecasts />
                    </div>
                    <figcaption class="key">
                        <Keys />
                    </figcaption>
                </figure>
                <Past recent />
            }
            .into_any()
        }
    };
    view! {
        <section class="panel record">
            <h2>{words.coin.record_title}</h2>
            <p class="note">{words.coin.record_caption}</p>
            {content}
            {judged.map(|page| view! { <p class="record__more"><a href=page.href(words.language)>{words.how_good.link}</a></p> })}
        </section>
    }
}

/// What a reader should know about the record, one sentence each.
fn counts(record: &TrackRecord, words: &Words) -> Vec<String> {
    if record.finished == 0 {
        return vec![words.coin.record_empty.to_owned()];
    }
    let mut counts = vec![
        (words.coin.warnings)(record.warnings_right, record.warnings_wrong),
        (words.coin.missed)(record.missed, record.missed + record.warnings_right),
    ];
    if let Some(share) = record.coverage80 {
        counts.push((words.coin.coverage)(&format::percent(words.language, share, 0), record.finished));
    }
    if let Some(error) = record.typical_error {
        counts.push((words.coin.typical_error)(&format::percent(words.language, error, 0)));
    }
    counts
}

#[component]
fn Keys() -> impl IntoView {
    let words = &use_words().coin;
    let key = |class: &'static str, text: &'static str| {
        let shape = match class {
            _ if class.contains("outcome") => "M8 8h0",
            _ if class.contains("interval") => "M8 1V15",
            _ => "M0 8H16",
        };
        key_entry(view! { <path class=class d=shape /> }, text)
    };
    [
        key("timeline__interval", words.key_interval),
        key("timeline__median", words.key_median),
        key("timeline__outcome", words.key_outcome),
        key("timeline__outcome timeline__outcome--outside", words.key_outcome_outside),
        key("timeline__bound", words.key_threshold),
    ]
    .collect_view()
}

/// The last forecasts as a table, newest first.
#[component]
fn Past(recent: Vec<PastForecast>) -> impl IntoView {
    let words = use_words();
    let volatility = move |value| format::volatility(words.language, value);
    let row = move |past: PastForecast| {
        let verdict = match Verdict::of(&past) {
            Verdict::Inside => words.coin.verdict_inside,
            Verdict::Above => words.coin.verdict_above,
            Verdict::Below => words.coin.verdict_below,
            Verdict::Open => words.coin.verdict_open,
        };
        view! {
            <tr>
                <th scope="row">
                    <Moment at=instant(past.origin_s) />
                </th>
                <td class="table__number">{format::chance(words.language, past.high_volatility)}</td>
                <td class="table__number">{volatility(past.q50)}</td>
                <td class="table__number">{(words.risk.between)(&volatility(past.q10), &volatility(past.q90))}</td>
                <td class="table__number">{volatility(past.threshold)}</td>
                <td class="table__number">{past.realised.map_or_else(|| "–".to_owned(), volatility)}</td>
                <td>{verdict}</td>
            </tr>
        }
    };
    view! {
        <FoldedTable
            summary=words.coin.record_table
            label=words.coin.record_table
            caption=words.coin.record_caption.to_owned()
            heads=vec![
                Head::Text(words.coin.record_made),
                Head::Number(words.coin.record_chance),
                Head::Number(words.coin.key_median),
                Head::Number(words.coin.record_interval),
                Head::Number(words.coin.record_threshold),
                Head::Number(words.coin.record_outcome),
                Head::Text(words.coin.record_verdict),
            ]
            rows=recent.into_iter().map(row).collect_view().into_any()
        />
    }
}

#[cfg(test)]
mod tests {
    use domain::forecast::Horizon;
    use domain::language::Language;
    use domain::market::Symbol;

    use super::*;

    #[test]
    fn the_record_counts_periods_not_only_warnings() {
        let record = TrackRecord {
            symbol: Symbol::parse("btc").expect("a followed coin"),
            horizon: Horizon::Day,
            forecasts: Vec::new(),
            finished: 100,
            coverage80: Some(0.786),
            warnings_right: 29,
            warnings_wrong: 12,
            missed: 6,
            calm_right: 53,
            typical_error: Some(0.21),
        };
        let counts = counts(&record, Words::of(Language::English));
        assert!(counts[0].starts_with("Of 41 warnings") && counts[0].ends_with("29 came true."), "{counts:?}");
        assert!(counts[1].starts_with("Of 35 high-volatility periods, 6 came"), "{counts:?}");
        assert!(counts[2].starts_with("79% of 100 outcomes"), "{counts:?}");
        assert!(counts[3].contains("21%"), "{counts:?}");
    }
}
