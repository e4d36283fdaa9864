//! Sealing: paid parts of a built site are encrypted where they stand, and looked for everywhere else.
//!
//! Knows built files, HTML, feeds and search indexes, and format `ms1`. Refuses to know HTTP, the database and who has
//! paid: facts of products and the site's secret are handed in.

pub mod attachments;
pub mod clean;
pub mod edit;
pub mod entities;
pub mod format;
pub mod html;
pub mod json;
pub mod known;
pub mod leak;
pub mod page;
pub mod parts;
pub mod place;
pub mod scan;
pub mod site;
pub mod text;
pub mod walk;
pub mod words;
pub mod work;
