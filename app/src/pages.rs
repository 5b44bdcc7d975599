//! One file a page.

mod apart;
mod buddy;
mod coin;
mod how_good;
mod how_it_works;
mod models;
mod not_found;
mod overview;

pub(crate) use apart::Apart;
pub(crate) use buddy::BuddyPage;
pub(crate) use coin::CoinPage;
pub(crate) use how_good::HowGoodPage;
pub(crate) use how_it_works::HowItWorksPage;
pub(crate) use models::ModelsPage;
pub(crate) use not_found::NotFoundPage;
pub(crate) use overview::OverviewPage;
