//! English, the default language.

mod buddy;
mod how_good;
mod reasons;

use domain::error::Failure;
use domain::forecast::{Horizon, RiskLevel};
use domain::language::Language;
use domain::model::Family;

use super::{Chart, Coin, How, Market, Models, Overview, Risk, Site, Words};
use crate::api::error::ApiError;
use crate::format;

const LANGUAGE: Language = Language::English;

pub(super) static WORDS: Words = Words {
    language: LANGUAGE,
    site: Site {
        skip_to_content: "Skip to content",
        navigation: "Main",
        overview: "Overview",
        how_it_works: "How it works",
        models: "Models",
        api: "API",
        other_language: "Français",
        theme: "Switch between light and dark",
        advice: "Information, not financial advice.",
        sources: "Hourly spot prices in USDT. All times are UTC.",
        charts_notice: "Charts by TradingView Lightweight Charts™",
        retry: "Try again",
        loading: "Loading…",
        failed: "This could not be shown",
        not_found_title: "There is no such page",
        not_found_text: "The address may be mistyped, or the coin is not one of those that we follow.",
        back_to_overview: "See all coins",
        home_label: "InvestBuddy, overview",
        coins: "Coins",
        breadcrumbs: "You are here",
        account: "Your account",
        notifications: "Notifications",
        failure,
        page_title: |page| format!("{page} – InvestBuddy"),
    },
    market: Market {
        simulated: "Simulated market: these prices were made by a computer. None of them is real.",
        as_of: |at| format!("Data as of {at}"),
        stale: |at| format!("No newer prices have arrived. Data as of {at}; forecasts start from there."),
        offline: |at, retry| {
            let data = at.map_or_else(|| "there is no data yet".to_owned(), |at| format!("data as of {at}"));
            match retry {
                Some(retry) => format!("No exchange can be reached: {data}. Next attempt at {retry}."),
                None => format!("No exchange can be reached: {data}."),
            }
        },
        loading: |share| format!("Reading the market archive: {share} done. Numbers appear as soon as they are known."),
        quarantined: |rows, hours| format!("{rows} impossible rows set aside, {hours} hours missing from the history."),
    },
    risk: Risk {
        low: "Low",
        moderate: "Usual",
        high: "Elevated",
        critical: "High",
        base_rate: "average 20%",
        chance_of_high: "Chance of a high-volatility period",
        usual_range: "usual range",
        expected: "Expected volatility, next 24 h",
        last_month: "Realised volatility, 30 days",
        change_24h: "in 24 h",
        per_day: "a day",
        no_forecast: "No forecast: the history is too short or has a gap at its end.",
        median: "median",
        interval80: "80% interval",
        next_hours: |horizon| match horizon {
            Horizon::Day => "Next 24 h",
            Horizon::TwoDays => "Next 48 h",
        },
        meter: |chance| format!("{chance}; on an average day it is 20%."),
        band: |median, low, high, usual_low, usual_high| {
            format!("Median {median} a day, 80% interval {low} to {high}; usual range {usual_low} to {usual_high}.")
        },
        between: |low, high| format!("{low} to {high}"),
        sparkline: |last, low, high| {
            format!("Daily realised volatility over the last 30 days: now {last}, between {low} and {high}.")
        },
    },
    overview: Overview {
        title: "Volatility forecasts for nine coins",
        description: "How likely an unusually volatile day is for Bitcoin, Ethereum and seven other coins: \
                      forecasts for the next 24 and 48 hours, with their uncertainty.",
        heading: "How volatile will the next two days be?",
        sort_by: "Sort by",
        sort_risk: "Risk",
        sort_market: "Market order",
        explain_title: "What do these numbers mean?",
        term_volatility: "Realised volatility",
        meaning_volatility: "How much the price really moved: the square root of the sum of squared hourly returns, \
                             on a scale of one day. At 3% a day, swings of about 3% up or down within a day are normal.",
        term_high: "High-volatility period",
        meaning_high: "A period whose realised volatility is above four fifths of the past 365 days of the same \
                       coin. By definition it happens about 20% of the time.",
        term_chance: "The chance",
        meaning_chance: "How likely the model holds such a period to be. Compare it with 20%, the average. \
                         It says nothing about whether the price rises or falls.",
        term_interval: "80% interval",
        meaning_interval: "The outcome should end inside this interval eight times in ten, below it once in ten \
                           and above it once in ten.",
        cards: "Forecasts by coin",
        empty: "No coin is loaded yet.",
        summary,
    },
    coin: Coin {
        horizon: "Horizon",
        table_title: "The forecast in numbers",
        table_caption: "Expected realised volatility, per day",
        table_quantile: "Quantile",
        q025: "ends below this 1 time in 40",
        q10: "ends below this 1 time in 10",
        q25: "ends below this 1 time in 4",
        q50: "as often above as below",
        q75: "ends above this 1 time in 4",
        q90: "ends above this 1 time in 10",
        q975: "ends above this 1 time in 40",
        usual_row: "Usual range of the past 365 days",
        just_realised: "Realised in the period that just ended",
        reasons_title: "Why this forecast",
        reasons_note: "Each line compares the median forecast with what it would be if that part of the picture were \
                       average. These are the model's reasons, not proven causes.",
        reasons_empty: "Nothing stands out: every input is close to its average.",
        record_title: "Forecast versus outcome",
        record_empty: "There is no finished forecast yet that the model had not seen in training. \
                       The record begins with the first one.",
        record_caption: "Daily forecasts made after the model's training, and what was realised.",
        record_table: "The last forecasts as a table",
        record_made: "Made (UTC)",
        record_interval: "80% interval",
        record_chance: "Chance of high",
        record_threshold: "High above",
        record_outcome: "Realised",
        record_verdict: "Result",
        verdict_inside: "inside",
        verdict_above: "above",
        verdict_below: "below",
        verdict_open: "running",
        record_picture: "Eighty-percent intervals of past forecasts and realised volatility, by day.",
        key_interval: "80% interval",
        key_median: "median forecast",
        key_outcome: "realised, inside",
        key_outcome_outside: "realised, outside",
        key_threshold: "high-volatility bound",
        title: |coin| format!("{coin} volatility forecast"),
        description: |coin| {
            format!("How volatile {coin} is likely to be in the next 24 and 48 hours, how sure that is, and why.")
        },
        headline: |coin, level, horizon| {
            let hours = horizon.hours();
            match level {
                RiskLevel::Low => format!("{coin} will most likely stay calm or usual over the next {hours} hours."),
                RiskLevel::Moderate => format!("Nothing unusual stands out for {coin} over the next {hours} hours."),
                RiskLevel::High => format!("{coin} may well turn unusually volatile in the next {hours} hours."),
                RiskLevel::Critical => {
                    format!("{coin} is more likely than not to be unusually volatile in the next {hours} hours.")
                }
            }
        },
        chance: |chance, horizon| {
            format!(
                "The chance of a high-volatility period in the next {} hours is {chance}; the average is 20%.",
                horizon.hours()
            )
        },
        expectation: |median, low, high, _| {
            format!(
                "We expect realised volatility of about {median} a day. Eight times in ten it should end between \
                 {low} and {high}."
            )
        },
        judge: "How was the last forecast?",
        was_right: "It was right",
        was_wrong: "It was wrong",
        against_usual: |middle, low, high| {
            format!("Over the past year {middle} was the median and {low} to {high} the usual range.")
        },
        reason: reasons::reason,
        warnings: |right, wrong| match right + wrong {
            0 => "No warning was given: the chance never reached one half.".to_owned(),
            1 if right == 1 => "The one warning (a chance of at least one half) came true.".to_owned(),
            1 => "The one warning (a chance of at least one half) did not come true.".to_owned(),
            all => format!("Of {all} warnings (a chance of at least one half), {right} came true."),
        },
        missed: |missed, periods| match (missed, periods) {
            (_, 0) => "No high-volatility period occurred.".to_owned(),
            (missed, 1) if missed > 0 => "The one high-volatility period came without a warning.".to_owned(),
            (missed, periods) => format!("Of {periods} high-volatility periods, {missed} came without a warning."),
        },
        coverage: |share, finished| {
            format!("{share} of {finished} outcomes ended inside the 80% interval; 80% would be perfect.")
        },
        typical_error: |error| format!("The median forecast is typically off by {error} of the outcome."),
        made_by: |model, at| format!("Made by {model} from candles up to {at}."),
    },
    chart: Chart {
        title: "Price, volatility and forecast",
        region: "Interactive chart. Arrow keys pan, plus and minus zoom, End returns to now.",
        range: "Range",
        week: "1W",
        month: "1M",
        quarter: "3M",
        year: "1Y",
        all: "All",
        open: "Open",
        high: "High",
        low: "Low",
        close: "Close",
        volume: "Volume",
        volatility: "Volatility, 24 h",
        failed: "The interactive chart could not be loaded. The picture shows the last 30 days and the forecast.",
        older: "Loading older history…",
        note: "The fan shows 50, 80 and 95% of expected outcomes. Only its end is the forecast; the way there is a guide.",
        volatility_pane: "Realised volatility, per day",
        fan: "forecast, 50 / 80 / 95%",
        past: "earlier forecasts, 80%",
        picture: |coin, median, low, high| {
            format!(
                "Realised volatility of {coin} over the last 30 days, then the forecast: median {median} a day, \
                 80% interval {low} to {high}."
            )
        },
    },
    how: How {
        title: "How it works",
        description: "What InvestBuddy's numbers mean, how they are made and tested, and what they cannot do.",
        lead: "InvestBuddy answers one question: will the next one to two days be unusually volatile for this coin, \
               how sure is that, and why?",
        number_title: "What the number means",
        number_1: "Realised volatility measures how much a price moved, whatever the direction. We take the hourly \
                   returns of a period, square them, add them up and take the root. Both horizons are put on the \
                   scale of one day, so that they can be compared.",
        number_2: "A period counts as high-volatility when its realised volatility ends above the 80th percentile of \
                   the coin's own past 365 days. That bound is known when the forecast is made. It happens about \
                   one time in five, so a chance of 20% is the average and not a warning.",
        made_title: "How it is made",
        made_1: "Every hour, the last candle of each coin is added to the history. From it we compute volatility \
                 over windows from six hours to thirty days, downside moves, trading ranges, trend, volume, the \
                 volatility of all coins together, and the day of the week.",
        made_2: "A recurrent neural network (LSTM) that has learnt from all nine coins reads these numbers and gives \
                 a whole distribution of outcomes for the next 24 and 48 hours. The chance is the part of that \
                 distribution above the bound.",
        made_3: "A forecast only ever reads what was known at its moment. A row that became known later cannot \
                 enter, and a test proves it.",
        honest_title: "How we check ourselves",
        honest_1: "The model is trained on one span of time and judged on a later one that it has never seen, \
                   against a strong simple baseline. Each coin's page shows every forecast since then beside what \
                   happened: warnings that came true, warnings that did not, and periods that we missed.",
        honest_2: "An 80% interval is good when about 80% of outcomes end inside it. We show the share, whatever it is.",
        limits_title: "What it cannot do",
        limit_1: "It does not say whether a price will rise or fall.",
        limit_2: "It does not know the news. A hack, a ruling or a default arrives without notice in past prices.",
        limit_3: "It learns from the past. When a market changes its nature, forecasts are worse until the model is \
                  trained again.",
        limit_4: "The reasons show what moved the model's answer. They are not causes.",
        data_title: "Where the data comes from",
        data_1: "Hourly spot candles from an exchange or from an archive of files. Hours that are missing stay \
                 missing; rows that cannot be true are set aside and counted.",
        data_2: "When no exchange can be reached, the page says up to when its data goes. With no data at all it \
                 shows a simulated market and says so on every page.",
        more_title: "More",
        more_models: "Models and their scores",
        more_api: "The API, with examples",
        charts_title: "Charts",
        charts_1: "The interactive charts are drawn by",
        charts_licence: "by TradingView, Inc., used under the Apache License 2.0.",
    },
    models: Models {
        title: "Models",
        description: "The forecasting models behind InvestBuddy, what they were trained on and how they scored.",
        lead: "Every model is judged on forecasts made after its training, beside a strong simple baseline (a \
               heterogeneous autoregression with the day of the week).",
        empty: "The registry holds no model yet.",
        champion: "Champion",
        trained: "Trained",
        span: "Learnt from",
        seed: "Seed",
        revision: "Code revision",
        parameters: "Parameters",
        origins: "Forecasts",
        measure: "Measure",
        this_model: "This model",
        baseline: "Baseline",
        qlike: "QLIKE",
        rmse: "RMSE (log)",
        r2: "R² (log)",
        auc: "ROC area",
        brier: "Brier",
        coverage80: "Inside 80%",
        coverage95: "Inside 95%",
        qlike_meaning: "The loss made for volatility: it punishes forecasts that are too low more than those that are \
                        too high. 0 is perfect.",
        rmse_meaning: "The usual error of the median, in logarithms: 0.3 is about 30%.",
        r2_meaning: "The share of the ups and downs of volatility that the forecast explains. 1 is perfect.",
        auc_meaning: "How well the chance separates high-volatility periods from others. 50% is a coin toss, 100% \
                      perfect.",
        brier_meaning: "The mean squared error of the chance. Always saying 20% scores about 0.16; 0 is perfect.",
        coverage_meaning: "How many outcomes ended inside the interval. The closer to the interval's own percentage, \
                           the better.",
        meaning_title: "What the measures mean",
        by_coin: "Scores by coin",
        coin: "Coin",
        better: "better than the baseline",
        worse: "worse than the baseline",
        even: "level with the baseline",
        no_scores: "This model has not been scored yet.",
        judged: "Walk-forward over all coins, with 95% confidence intervals",
        family: |family| match family {
            Family::Persistence => "Persistence",
            Family::Ewma => "Exponentially weighted average",
            Family::Garch => "GARCH with heavy tails",
            Family::Har => "Heterogeneous autoregression",
            Family::HarCalendar => "Heterogeneous autoregression with calendar",
            Family::RandomForest => "Random forest",
            Family::Boosting => "Gradient boosting",
            Family::Lstm => "Recurrent network (LSTM)",
            Family::BlendWithoutLstm => "Boosting and autoregression blended",
            Family::Blend => "Recurrent network and boosting blended",
        },
    },
    how_good: how_good::WORDS,
    buddy: buddy::WORDS,
    advice: buddy::ADVICE,
};

fn failure(error: &ApiError) -> String {
    match error {
        ApiError::Transport => "The server could not be reached. Check the connection and try again.".to_owned(),
        ApiError::Failure(failure) => match failure {
            Failure::UnknownSymbol { symbol } => format!("We do not follow a coin called “{symbol}”."),
            Failure::NotReady { .. } => "The market is still being read. This page tries again by itself.".to_owned(),
            Failure::Busy { retry_after_s } => {
                format!("Too many people are asking at once. Please try again in {retry_after_s} seconds.")
            }
            Failure::TooFewCandles { needed, given } => format!(
                "A forecast needs {} hours of prices without a gap at the end; there are {}.",
                format::number(LANGUAGE, f64::from(*needed), 0),
                format::number(LANGUAGE, f64::from(*given), 0)
            ),
            Failure::Internal { incident } => {
                format!("Something went wrong on our side. If you tell us about it, name incident {incident}.")
            }
            Failure::UnknownConversation => "This conversation is not here; it may have been deleted.".to_owned(),
            Failure::SignInNeeded => "This is for members; sign in first.".to_owned(),
            Failure::NotAllowed => "This account may not do that.".to_owned(),
            Failure::TooMany { retry_after_s } => {
                format!("That was a lot of questions. Try again in {retry_after_s} seconds.")
            }
            Failure::WriterUnavailable { retry_after_s } => {
                format!("The language model does not answer. Try again in {retry_after_s} seconds.")
            }
            Failure::NotEvaluated => "No evaluation of the serving model is stored yet.".to_owned(),
            Failure::UnknownModel { .. } | Failure::Invalid { .. } | Failure::TooLarge { .. } => {
                "The server did not understand this request. Please reload the page.".to_owned()
            }
        },
    }
}

fn summary(likely: &[&str], total: usize, highest: Option<(&str, &str)>) -> String {
    match (likely.len(), highest) {
        (0, None) => "No forecast is ready yet.".to_owned(),
        (0, Some((coin, chance))) => format!(
            "None of the {total} coins is likely to be unusually volatile in the next 24 hours. \
             The highest chance is {chance}, for {coin}."
        ),
        (1, _) => format!(
            "1 of {total} coins is more likely than not to be unusually volatile in the next 24 hours: {}.",
            list(likely)
        ),
        (count, _) if count == total => {
            format!("All {total} coins are more likely than not to be unusually volatile in the next 24 hours.")
        }
        (count, _) => format!(
            "{count} of {total} coins are more likely than not to be unusually volatile in the next 24 hours: {}.",
            list(likely)
        ),
    }
}

fn list(names: &[&str]) -> String {
    match names {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}
