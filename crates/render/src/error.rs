use std::io;

/// Why a document did not become pages, sorted by what its sender can do. Messages name no content.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// Broken, wholly or on a page: make it again.
    #[error("{}", damaged(*page, what))]
    Damaged {
        /// The first page that can't be shown, from 1, where it is known.
        page: Option<u32>,
        /// What is broken.
        what: &'static str,
    },
    /// Well formed, but of a kind we can't show: send it as another kind.
    #[error("not supported: {what}")]
    Unsupported {
        /// What is not supported.
        what: &'static str,
    },
    /// Needs a password: send it without.
    #[error("the document needs a password")]
    PasswordProtected,
    /// Split it.
    #[error("the document has more than {limit} pages")]
    TooManyPages {
        /// Pages allowed.
        limit: u32,
    },
    /// Make it smaller.
    #[error("too big: {what}")]
    TooBig {
        /// What is too big.
        what: &'static str,
    },
    /// Nothing to send.
    #[error("the document has no pages")]
    Empty,
    /// Mend the cover page's template.
    #[error("{message}")]
    Template {
        /// The template's name, line, column, and what is wrong there.
        message: String,
    },
    /// The taker of the pages refused one.
    #[error("a page could not be handed out")]
    Sink(#[from] io::Error),
}

fn damaged(page: Option<u32>, what: &str) -> String {
    match page {
        Some(page) => format!("page {page} is damaged: {what}"),
        None => format!("the document is damaged: {what}"),
    }
}
