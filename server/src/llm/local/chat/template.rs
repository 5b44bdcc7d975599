//! A model's own template, which makes one text of the lines of a prompt (`tokenizer.chat_template`, written in Jinja).

use jiff::tz::TimeZone;
use minijinja::syntax::SyntaxConfig;
use minijinja::{Environment, Error, ErrorKind, context};
use minijinja_contrib::pycompat::unknown_method_callback;

use super::Unusable;
use super::header::Header;
use super::tokenizer::Tokenizer;
use crate::clock::SystemClock;
use crate::llm::{Line, Role};
use domain::clock::Clock;

const NAME: &str = "chat";

/// A template.
pub(super) struct Template {
    environment: Environment<'static>,
}

impl Template {
    /// Reads the template.
    ///
    /// # Errors
    /// [`Unusable`] where there is none, which means that the model does not converse, or where it cannot be read.
    pub(super) fn read_from(header: &Header) -> Result<Self, Unusable> {
        let source = header.text("tokenizer.chat_template");
        let source = source.ok_or_else(|| Unusable::new("it has no chat template; it is no instruct model"))?;
        let mut environment = Environment::new();
        environment.set_unknown_method_callback(unknown_method_callback);
        // As Hugging Face's own renderer does.
        environment
            .set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().map_err(unreadable)?);
        environment.add_function("raise_exception", |message: String| -> Result<String, Error> {
            Err(Error::new(ErrorKind::InvalidOperation, message))
        });
        environment.add_function("strftime_now", |format: String| {
            let now = SystemClock.now().to_zoned_datetime(TimeZone::UTC);
            jiff::fmt::strtime::format(format, &now)
                .map_err(|error| Error::new(ErrorKind::InvalidOperation, error.to_string()))
        });
        environment.add_template_owned(NAME, source.to_owned()).map_err(unreadable)?;
        Ok(Self { environment })
    }

    /// The text of a prompt, up to where the answer begins.
    ///
    /// # Errors
    /// Where the template refuses the lines.
    pub(super) fn render(&self, lines: &[Line], tokenizer: &Tokenizer) -> Result<String, Error> {
        let messages: Vec<_> = lines
            .iter()
            .map(|line| context! { role => role(line.role), content => tokenizer.disarm(&line.content) })
            .collect();
        let (bos_token, eos_token) = tokenizer.begin_and_end();
        self.environment.get_template(NAME)?.render(context! {
            messages, bos_token, eos_token, add_generation_prompt => true,
        })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "map_err gives it away")]
fn unreadable(error: Error) -> Unusable {
    Unusable::new(format!("its chat template cannot be read: {error}"))
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
    }
}
