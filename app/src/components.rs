//! Pieces that pages are made of.

pub(crate) mod chance;
pub(crate) mod coin_card;
pub(crate) mod coin_switcher;
pub(crate) mod explain;
pub(crate) mod folded_table;
pub(crate) mod footer;
pub(crate) mod header;
pub(crate) mod horizon_switcher;
pub(crate) mod judge;
pub(crate) mod key;
pub(crate) mod level;
pub(crate) mod loaded;
pub(crate) mod logo;
pub(crate) mod markdown;
pub(crate) mod market_banner;
pub(crate) mod moment;
pub(crate) mod page_head;
pub(crate) mod price;
pub(crate) mod score_cells;
pub(crate) mod skeletons;
