//! The interactive chart where there is no browser: a type without values.

use domain::chart::ChartSlice;
use leptos::web_sys::HtmlElement;

use super::ChartUnavailable;
use crate::charts::outlook::Outlook;

/// A mounted chart, of which there is none.
pub(crate) enum Chart {}

impl Chart {
    pub(crate) async fn mount(
        _host: HtmlElement,
        _locale: &'static str,
        _on_hover: impl Fn(Option<i64>) + 'static,
        _on_older: impl Fn() + 'static,
    ) -> Result<Self, ChartUnavailable> {
        Err(ChartUnavailable)
    }

    pub(crate) fn set_slice(&self, _slice: &ChartSlice, _outlook: Option<&Outlook>, _keeps_view: bool) {
        match *self {}
    }

    pub(crate) fn prepend_slice(&self, _slice: &ChartSlice) {
        match *self {}
    }

    pub(crate) fn release_older(&self) {
        match *self {}
    }

    pub(crate) fn set_outlook(&self, _outlook: Option<&Outlook>) {
        match *self {}
    }

    pub(crate) fn show_last(&self, _days: Option<u32>) {
        match *self {}
    }
}
