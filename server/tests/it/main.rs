//! The server seen from outside: one binary, so that it is linked once.

mod accounts;
mod alerts;
mod browser;
mod buddy;
mod chat;
mod delivery;
mod events;
mod fake_exchange;
mod feedback;
mod forecasts;
mod glossary;
mod letters;
mod llm;
mod mariadb;
mod market;
mod rag;
mod retraining;
mod roles;
mod store;
mod teaching;
mod verbs;
mod web_api;
mod web_hostile;
mod web_openapi;
mod web_pages;
mod web_pressure;
