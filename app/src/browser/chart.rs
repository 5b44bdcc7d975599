//! The typed side of `js/chart.js`, which draws with TradingView's Lightweight Charts.

use domain::chart::ChartSlice;
use leptos::prelude::document;
use leptos::web_sys::HtmlElement;
use send_wrapper::SendWrapper;
use serde::Serialize;
use wasm_bindgen::prelude::*;

use super::ChartUnavailable;
use crate::charts::outlook::Outlook;

#[wasm_bindgen(module = "/js/chart.js")]
extern "C" {
    type ForecastChart;

    #[wasm_bindgen(catch, js_name = mountChart)]
    async fn mount_chart(
        host: &HtmlElement,
        library: &str,
        options: &str,
        on_hover: &JsValue,
        on_older: &JsValue,
    ) -> Result<JsValue, JsValue>;

    #[wasm_bindgen(method, js_name = setSlice)]
    fn set_slice(this: &ForecastChart, slice: &str, outlook: &str, keeps_view: bool);

    #[wasm_bindgen(method, js_name = prependSlice)]
    fn prepend_slice(this: &ForecastChart, slice: &str);

    #[wasm_bindgen(method, js_name = releaseOlder)]
    fn release_older(this: &ForecastChart);

    #[wasm_bindgen(method, js_name = setOutlook)]
    fn set_outlook(this: &ForecastChart, outlook: &str);

    #[wasm_bindgen(method, js_name = showLast)]
    fn show_last(this: &ForecastChart, days: f64);

    #[wasm_bindgen(method)]
    fn destroy(this: &ForecastChart);
}

/// A mounted chart. Dropping it removes it from the page.
///
/// The browser has one thread; the wrapper only says so, which lets the chart lie in a reactive store that the
/// server's side of the same code could move between threads.
pub(crate) struct Chart(SendWrapper<Mounted>);

struct Mounted {
    inner: ForecastChart,
    // The chart calls these for as long as it lives.
    _on_hover: Closure<dyn FnMut(f64)>,
    _on_older: Closure<dyn FnMut()>,
}

#[derive(Serialize)]
struct Options {
    locale: &'static str,
}

impl Chart {
    /// Loads the library and draws an empty chart in `host`. `on_hover` hears the opening time (epoch seconds) of
    /// the bar under the crosshair, or none; `on_older` hears that the reader comes to the end of what there is.
    pub(crate) async fn mount(
        host: HtmlElement,
        locale: &'static str,
        on_hover: impl Fn(Option<i64>) + 'static,
        on_older: impl Fn() + 'static,
    ) -> Result<Self, ChartUnavailable> {
        let library = library_address().ok_or(ChartUnavailable)?;
        let on_hover: Closure<dyn FnMut(f64)> =
            Closure::new(move |time: f64| on_hover(time.is_finite().then_some(time as i64)));
        let on_older: Closure<dyn FnMut()> = Closure::new(on_older);
        let inner = mount_chart(&host, &library, &json(&Options { locale }), on_hover.as_ref(), on_older.as_ref())
            .await
            .map_err(|_| ChartUnavailable)?
            .unchecked_into();
        Ok(Self(SendWrapper::new(Mounted { inner, _on_hover: on_hover, _on_older: on_older })))
    }

    /// Replaces all data; `keeps_view` leaves the visible span where it is.
    pub(crate) fn set_slice(&self, slice: &ChartSlice, outlook: Option<&Outlook>, keeps_view: bool) {
        self.0.inner.set_slice(&json(slice), &json(&outlook), keeps_view);
    }

    /// Puts older history before what there is.
    pub(crate) fn prepend_slice(&self, slice: &ChartSlice) {
        self.0.inner.prepend_slice(&json(slice));
    }

    /// Says that older history could not be had this time.
    pub(crate) fn release_older(&self) {
        self.0.inner.release_older();
    }

    /// Replaces the fan ahead.
    pub(crate) fn set_outlook(&self, outlook: Option<&Outlook>) {
        self.0.inner.set_outlook(&json(&outlook));
    }

    /// Shows so many days before now and the forecast ahead; everything where no number is given.
    pub(crate) fn show_last(&self, days: Option<u32>) {
        self.0.inner.show_last(days.map_or(f64::NAN, f64::from));
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.inner.destroy();
    }
}

/// The address of the library, which the document names in its head.
fn library_address() -> Option<String> {
    document().query_selector("meta[name=charts-library]").ok()??.get_attribute("content")
}

fn json(value: &impl Serialize) -> String {
    // Plain structs of numbers and texts always serialise; a chart without data is the worst that could follow.
    serde_json::to_string(value).unwrap_or_else(|_| "null".to_owned())
}
