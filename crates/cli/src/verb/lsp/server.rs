//! The conversation: texts are opened, changed and closed, and questions about them answered in the order in which they come.
//!
//! Apart from the answers, which know nothing of messages.

use std::collections::{BTreeMap, BTreeSet};

use callgate_engines::Target;
use callgate_profile::Extending;
use lsp_server::{Connection, ErrorCode, Message, Notification, ProtocolError, Request, Response};
use lsp_types::notification::{
    DidChangeTextDocument, DidCloseTextDocument, DidOpenTextDocument, Notification as _,
    PublishDiagnostics,
};
use lsp_types::request::{CodeActionRequest, Completion, Formatting, HoverRequest, Request as _};
use lsp_types::{
    CodeAction, CodeActionKind, CodeActionOptions, CodeActionParams, CodeActionProviderCapability,
    CompletionOptions, CompletionParams, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, DocumentFormattingParams, HoverParams, HoverProviderCapability,
    OneOf, PublishDiagnosticsParams, ServerCapabilities, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextEdit, Uri,
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::text::Text;
use super::{answers, completion, findings, hover};
use crate::verb::check::{Look, Looks};
use crate::verb::fmt;

/// What is open in the editor.
pub(super) struct Server {
    looks: Looks,
    /// By whom a text is read that is laid out.
    targets: Vec<Target>,
    open: BTreeMap<Uri, Open>,
    /// Those whose problems are not shown as they are now.
    unshown: BTreeSet<Uri>,
}

/// A text, and what was found in it.
struct Open {
    text: Text,
    version: i32,
    /// None where it does not look like a profile, and where nobody looked.
    look: Option<Look>,
    is_seen: bool,
}

/// An answer, or why there is none.
type Answer = Result<Value, (ErrorCode, String)>;

impl Server {
    pub(super) const fn new(looks: Looks, targets: Vec<Target>) -> Self {
        Self {
            looks,
            targets,
            open: BTreeMap::new(),
            unshown: BTreeSet::new(),
        }
    }

    /// Serves until the editor says that it ends: then true. False where it is gone without a word.
    pub(super) fn serve(mut self, connection: &Connection) -> Result<bool, ProtocolError> {
        let (id, _) = match connection.initialize_start() {
            Ok(begun) => begun,
            // Gone before it began.
            Err(error) if error.channel_is_disconnected() => return Ok(false),
            Err(error) => return Err(error),
        };
        let hello = json!({
            "capabilities": capabilities(),
            "serverInfo": { "name": "callgate", "version": env!("CARGO_PKG_VERSION") },
        });
        connection.initialize_finish(id, hello)?;
        loop {
            // Who types is not kept waiting: texts are looked at when nothing else is to do.
            let message = match connection.receiver.try_recv() {
                Ok(message) => message,
                Err(_) if !self.unshown.is_empty() => {
                    self.publish_one(connection);
                    continue;
                }
                Err(_) => match connection.receiver.recv() {
                    Ok(message) => message,
                    Err(_) => return Ok(false),
                },
            };
            match message {
                Message::Request(request) => {
                    if connection.handle_shutdown(&request)? {
                        return Ok(true);
                    }
                    let id = request.id.clone();
                    send(
                        connection,
                        match self.answer(request) {
                            Ok(answer) => Response::new_ok(id, answer),
                            Err((code, why)) => Response::new_err(id, code as i32, why),
                        },
                    );
                }
                Message::Notification(told) if told.method == "exit" => return Ok(false),
                Message::Notification(told) => self.take(connection, told),
                // The server asks for nothing.
                Message::Response(_) => {}
            }
        }
    }

    fn take(&mut self, connection: &Connection, told: Notification) {
        let method = told.method.clone();
        let taken = match &*method {
            DidOpenTextDocument::METHOD => read(told.params).map(|told| self.opened(told)),
            DidChangeTextDocument::METHOD => read(told.params).map(|told| self.changed(told)),
            DidCloseTextDocument::METHOD => {
                read(told.params).map(|told| self.closed(connection, told))
            }
            _ => Ok(()),
        };
        if let Err((_, why)) = taken {
            crate::say!("lsp: {method}: {why}");
        }
    }

    fn opened(&mut self, told: DidOpenTextDocumentParams) {
        let opened = told.text_document;
        self.put(opened.uri, opened.version, opened.text);
    }

    fn changed(&mut self, told: DidChangeTextDocumentParams) {
        // Each change is the whole text, as was agreed.
        if let Some(last) = told.content_changes.into_iter().next_back() {
            let changed = told.text_document;
            self.put(changed.uri, changed.version, last.text);
        }
    }

    fn put(&mut self, uri: Uri, version: i32, text: String) {
        let open = Open {
            text: Text::new(&uri, text),
            version,
            look: None,
            is_seen: false,
        };
        self.open.insert(uri.clone(), open);
        self.unshown.insert(uri);
    }

    fn closed(&mut self, connection: &Connection, told: DidCloseTextDocumentParams) {
        let uri = told.text_document.uri;
        self.unshown.remove(&uri);
        if self.open.remove(&uri).is_some() {
            // What is no longer open is no longer shown.
            publish(
                connection,
                PublishDiagnosticsParams::new(uri, Vec::new(), None),
            );
        }
    }

    /// Shows the problems of one text that changed.
    fn publish_one(&mut self, connection: &Connection) {
        let Some(uri) = self.unshown.pop_first() else {
            return;
        };
        self.look_at(&uri);
        let Some(open) = self.open.get(&uri) else {
            return;
        };
        let found = open
            .look
            .as_ref()
            .map(|look| findings::diagnostics(&uri, &open.text, look));
        publish(
            connection,
            PublishDiagnosticsParams::new(uri, found.unwrap_or_default(), Some(open.version)),
        );
    }

    /// Looks at a text as it is now, once.
    fn look_at(&mut self, uri: &Uri) {
        let Some(open) = self.open.get_mut(uri).filter(|open| !open.is_seen) else {
            return;
        };
        open.is_seen = true;
        match self.looks.at(open.text.document(self.looks.options)) {
            Ok(look) => open.look = look,
            Err(failure) => failure.tell(),
        }
    }

    fn answer(&mut self, request: Request) -> Answer {
        match &*request.method {
            HoverRequest::METHOD => {
                let asked: HoverParams = read(request.params)?;
                let asked = asked.text_document_position_params;
                let uri = asked.text_document.uri;
                self.look_at(&uri);
                let open = self.open(&uri)?;
                let at = open.text.offset(asked.position);
                written(&hover::at(&open.text, open.look.as_ref(), at))
            }
            Completion::METHOD => {
                let asked: CompletionParams = read(request.params)?;
                let asked = asked.text_document_position;
                let open = self.open(&asked.text_document.uri)?;
                let at = open.text.offset(asked.position);
                written(&completion::at(&open.text, at))
            }
            CodeActionRequest::METHOD => {
                let asked: CodeActionParams = read(request.params)?;
                let uri = asked.text_document.uri;
                self.look_at(&uri);
                let open = self.open(&uri)?;
                let wanted = open.text.span(asked.range);
                let changes = open.look.as_ref().map(|look| {
                    let mut changes = findings::changes(&uri, &open.text, look, wanted);
                    changes.extend(answers::changes(&uri, &open.text, look, wanted.start));
                    changes.retain(|change| is_wanted(change, asked.context.only.as_deref()));
                    changes
                });
                written(&changes.unwrap_or_default())
            }
            Formatting::METHOD => {
                let asked: DocumentFormattingParams = read(request.params)?;
                let open = self.open(&asked.text_document.uri)?;
                written(&self.laid_out(&open.text)?)
            }
            other => Err((
                ErrorCode::MethodNotFound,
                format!("callgate does not answer {other}"),
            )),
        }
    }

    fn open(&self, uri: &Uri) -> Result<&Open, (ErrorCode, String)> {
        self.open.get(uri).ok_or_else(|| {
            (
                ErrorCode::InvalidParams,
                format!("{} is not open", uri.as_str()),
            )
        })
    }

    /// The changes that lay a text out; none where it is so already.
    fn laid_out(&self, text: &Text) -> Result<Vec<TextEdit>, (ErrorCode, String)> {
        let document = text.document(self.looks.options);
        let before = Extending {
            text: text.as_str(),
            bases: &document.bases,
        };
        let after = fmt::laid_out(before, &self.targets)
            .map_err(|why| (ErrorCode::RequestFailed, format!("{}: {why}", text.name())))?;
        Ok(match after == before.text {
            true => Vec::new(),
            false => vec![TextEdit::new(text.range(0, before.text.len()), after)],
        })
    }
}

/// What the server does.
fn capabilities() -> ServerCapabilities {
    ServerCapabilities {
        text_document_sync: Some(TextDocumentSyncCapability::Kind(TextDocumentSyncKind::FULL)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            trigger_characters: Some(vec!["\"".to_owned()]),
            ..CompletionOptions::default()
        }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![
                CodeActionKind::QUICKFIX,
                CodeActionKind::REFACTOR_REWRITE,
            ]),
            ..CodeActionOptions::default()
        })),
        document_formatting_provider: Some(OneOf::Left(true)),
        ..ServerCapabilities::default()
    }
}

/// Whether a change is of a kind that is asked for: all are, where none is named, and a kind has kinds below it.
fn is_wanted(change: &CodeAction, only: Option<&[CodeActionKind]>) -> bool {
    let kind = change.kind.as_ref().map_or("", CodeActionKind::as_str);
    let is_below = |wanted: &CodeActionKind| {
        let rest = kind.strip_prefix(wanted.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    only.is_none_or(|only| only.iter().any(is_below))
}

fn read<T: DeserializeOwned>(params: Value) -> Result<T, (ErrorCode, String)> {
    serde_json::from_value(params).map_err(|error| (ErrorCode::InvalidParams, error.to_string()))
}

fn written(answer: &impl serde::Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| (ErrorCode::InternalError, error.to_string()))
}

fn publish(connection: &Connection, params: PublishDiagnosticsParams) {
    let method = PublishDiagnostics::METHOD.to_owned();
    send(connection, Notification::new(method, params));
}

/// Where the editor is gone, nobody misses it, and the next message is the end.
fn send(connection: &Connection, message: impl Into<Message>) {
    let _ = connection.sender.send(message.into());
}
