//! The axis on the right of a picture.

use domain::language::Language;
use leptos::prelude::*;

use crate::charts::scale::{Scale, ticks};
use crate::format;

/// Round percentages from nought to `top`, each at its height.
pub(crate) fn percentages(down: &Scale, top: f64, language: Language) -> impl IntoView + use<> {
    ticks(0.0, top, 4)
        .into_iter()
        .map(|value| {
            view! {
                <text class="picture__label" x="99.5%" y=format!("{:.1}%", down.at(value)) dy="0.35em" text-anchor="end">
                    {format::percent(language, value, 1)}
                </text>
            }
        })
        .collect_view()
}
