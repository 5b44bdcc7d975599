//! The server seen from outside: one binary, so that it is linked once.

mod buddy;
mod fake_exchange;
mod forecasts;
mod market;
mod verbs;
mod web_api;
mod web_hostile;
mod web_openapi;
mod web_pages;
mod web_pressure;
