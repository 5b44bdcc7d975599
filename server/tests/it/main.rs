//! The server seen from outside: one binary, so that it is linked once.

#[macro_use]
mod engines;

mod accounts;
mod alerts;
mod browser;
mod buddy;
mod chat;
mod delivery;
mod demo;
mod events;
mod fake_exchange;
mod feedback;
mod forecasts;
mod glossary;
mod killed;
mod letters;
mod llm;
mod mariadb;
mod market;
mod members;
mod operator;
mod rag;
mod retraining;
mod roles;
mod script;
mod store;
mod teaching;
mod verbs;
mod watching;
mod web_api;
mod web_hostile;
mod web_openapi;
mod web_pages;
mod web_pressure;
