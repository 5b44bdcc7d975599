//! `investbuddy predict`: one forecast in the terminal, without a server.

use std::path::PathBuf;

use clap::Args;
use domain::forecast::{Forecast, Horizon};
use domain::market::Symbol;
use ml::dataset::Panel;
use ml::features;
use ml::forecaster::NEEDED_CANDLES;

use super::{VerbError, archive, print};
use crate::config::Settings;
use crate::forecasting::{SERVED, engine};
use crate::registry::Registry;

/// What to forecast.
#[derive(Debug, Args)]
pub struct PredictArgs {
    /// The coin, as a pair or a ticker: BTCUSDT or btc
    symbol: Symbol,
    /// How far ahead: 24h or 48h
    #[arg(long, default_value = "24h", value_parser = |text: &str| Horizon::parse(text).map_err(|error| error.to_string()))]
    horizon: Horizon,
    /// Folder of candle files [default: the archive of the settings]
    #[arg(long, value_name = "DIR")]
    archive: Option<PathBuf>,
    /// Print the forecast as JSON
    #[arg(long)]
    json: bool,
}

/// Forecasts from the newest candle of the archive on.
///
/// # Errors
/// [`VerbError`] where the coin, the archive or a model is missing.
pub fn run(args: &PredictArgs, settings: &Settings) -> Result<(), VerbError> {
    let candles = archive::read(args.archive.as_deref(), settings)?;
    if !candles.contains_key(&args.symbol) {
        let names: Vec<&str> = candles.keys().map(Symbol::as_str).collect();
        return Err(VerbError::failed(
            format!("There are no candles of {} in the archive", args.symbol),
            format!("It holds {}.", names.join(", ")),
        ));
    }
    let registry = Registry::new(settings.model_dir.clone(), settings.trained_dir());
    let loaded = registry.load_champion(SERVED).map_err(VerbError::because)?;
    let market: Vec<_> = candles.iter().map(|(symbol, series)| (symbol.clone(), series)).collect();
    let panel = Panel::new(&features::compute_tail(&market, engine::RECORD_HOURS).map_err(VerbError::because)?);
    let origin = panel.newest(&args.symbol).ok_or_else(|| {
        VerbError::failed(
            format!("The history of {} is too short or ends earlier than the others", args.symbol),
            format!("A forecast needs {NEEDED_CANDLES} hourly candles without a gap at the end."),
        )
    })?;
    let shapes = engine::shapes(&loaded.forecaster, &panel, origin.coin).map_err(VerbError::because)?;
    let both = loaded.forecaster.forecast(&panel, origin, &shapes).map_err(VerbError::because)?;
    let forecast = both
        .map(|[day, two_days]| if args.horizon == Horizon::Day { day } else { two_days })
        .ok_or_else(|| VerbError::because("the coin is too young to say what is usual"))?;
    if args.json {
        print(&serde_json::to_string_pretty(&forecast).map_err(VerbError::because)?);
    } else {
        print(&describe(&forecast));
    }
    Ok(())
}

fn describe(forecast: &Forecast) -> String {
    let percent = |value: f64| format!("{:.1} %", 100.0 * value);
    format!(
        "{} ({}), next {} from {} UTC\n  \
         volatility a day: {} expected, 80 % interval {} to {} (usual: {} to {})\n  \
         chance of a high-volatility period: {}\n  \
         model {}; information, not financial advice",
        forecast.symbol.name(),
        forecast.symbol,
        forecast.horizon,
        forecast.origin.strftime("%Y-%m-%d %H:%M"),
        percent(forecast.quantiles.q50),
        percent(forecast.quantiles.q10),
        percent(forecast.quantiles.q90),
        percent(forecast.usual.low),
        percent(forecast.usual.high),
        percent(forecast.high_volatility),
        forecast.model,
    )
}
