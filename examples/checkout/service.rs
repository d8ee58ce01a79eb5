//! The shop: four handlers, and what they promise. This is the part to copy.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use http_body_util::channel::{Channel, Sender};
use sre_core::slo::{Period, Tier};
use sre_core::{Objective, Outcome, Sli, sli};

use crate::world::{Down, World};

/// Customers can pay: 99 % of the checkouts succeed, and 99 % of those within 250 ms.
pub(crate) static CHECKOUT: Sli = Sli::new("checkout")
    .objective(hurried(Objective::availability(0.99)))
    .objective(hurried(Objective::latency(0.99, Duration::from_millis(250))));

/// The cart reacts at once.
static CART: Sli = Sli::new("cart").objective(hurried(Objective::latency(0.99, Duration::from_millis(100))));

/// A search finds something out whatever happens to the others.
static SEARCH: Sli = Sli::new("search").objective(hurried(Objective::availability(0.999)));

/// Nine of ten exports arrive whole.
static EXPORT: Sli = Sli::new("export").objective(hurried(Objective::availability(0.9)));

/// Ten minutes instead of 30 days, and tiers to match, so that a short run shows everything.
///
/// A service of yours needs none of this: without a word the period is 30 days, and its tiers follow from it.
const fn hurried(objective: Objective) -> Objective {
    objective.period(Period::rolling(Duration::from_secs(600))).tiers(TIERS)
}

const TIERS: &[Tier] = &[
    Tier::page(Duration::from_secs(30), Duration::from_secs(3), 6.0),
    Tier::ticket(Duration::from_secs(120), Duration::from_secs(10), 2.0),
];

pub(crate) fn router(world: Arc<World>) -> Router {
    Router::new()
        .route("/checkout/{items}", post(checkout))
        .route("/cart/{item}", post(add_to_cart))
        .route("/search/{word}", get(search))
        .route("/export", get(export))
        .with_state(world)
}

/// Async, with a `Result`: the error says whose fault it was.
#[sli(CHECKOUT)]
async fn checkout(State(world): State<Arc<World>>, Path(items): Path<u32>) -> Result<String, CheckoutError> {
    if items == 0 {
        return Err(CheckoutError::EmptyCart);
    }
    world.query().await;
    world.pay().await?;
    Ok(format!("{items} items are yours\n"))
}

#[derive(Debug, Outcome)]
enum CheckoutError {
    /// The customer's mistake counts neither for nor against the shop.
    #[outcome(ignored)]
    EmptyCart,
    ProviderDown,
}

impl From<Down> for CheckoutError {
    fn from(_: Down) -> Self {
        Self::ProviderDown
    }
}

impl IntoResponse for CheckoutError {
    fn into_response(self) -> Response {
        match self {
            Self::EmptyCart => (StatusCode::UNPROCESSABLE_ENTITY, "the cart is empty\n").into_response(),
            Self::ProviderDown => {
                (StatusCode::SERVICE_UNAVAILABLE, "payments do not work now, try again later\n")
                    .into_response()
            }
        }
    }
}

/// Async, and always ok: only its duration is judged.
#[sli(CART)]
async fn add_to_cart(State(world): State<Arc<World>>, Path(item): Path<String>) -> String {
    world.query().await;
    format!("{item} is in the cart\n")
}

async fn search(Path(word): Path<String>) -> Result<String, StatusCode> {
    find(&word).map(|hits| hits.join("\n")).map_err(|_| StatusCode::BAD_REQUEST)
}

/// Sync: the attribute fits any function, not only handlers.
#[sli(SEARCH, ignore_if = |found: &Result<Vec<&str>, TooShort>| found.is_err())]
fn find(word: &str) -> Result<Vec<&'static str>, TooShort> {
    if word.len() < 3 {
        return Err(TooShort);
    }
    Ok(CATALOGUE.into_iter().filter(|title| title.contains(word)).collect())
}

/// A word that is in every title.
#[derive(Debug)]
struct TooShort;

const CATALOGUE: [&str; 4] = ["bread knife", "butter knife", "pocket knife", "teaspoon"];

/// Streaming: the answer begins at once and ends much later.
async fn export(State(world): State<Arc<World>>) -> Body {
    let (mut sender, body) = Channel::new(1);
    tokio::spawn(async move {
        if let Err(error) = write_export(&world, &mut sender).await {
            sender.abort(error);
        }
    });
    Body::new(body)
}

/// The attribute sits on what writes the body, so the call lasts until the last byte.
#[sli(EXPORT)]
async fn write_export(world: &World, sender: &mut Sender<Bytes, ExportError>) -> Result<(), ExportError> {
    for page in 1..=3 {
        world.query().await;
        world.pay().await?;
        sender.send_data(format!("page {page}\n").into()).await.map_err(|_| ExportError::CustomerLeft)?;
    }
    Ok(())
}

#[derive(Debug, Outcome)]
enum ExportError {
    #[outcome(cancelled)]
    CustomerLeft,
    ProviderDown,
}

impl From<Down> for ExportError {
    fn from(_: Down) -> Self {
        Self::ProviderDown
    }
}

impl std::fmt::Display for ExportError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::CustomerLeft => "the customer left",
            Self::ProviderDown => "the payment provider is down",
        })
    }
}

impl std::error::Error for ExportError {}
