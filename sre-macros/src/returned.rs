//! Pure. What a function returns, as far as its signature tells.

use syn::visit_mut::VisitMut;
use syn::{
    AngleBracketedGenericArguments, Error, GenericArgument, Path, PathArguments, Result, ReturnType,
    Signature, Type, TypeImplTrait, TypeParamBound, parse_quote,
};

/// What a call gives back, and when the work is done.
pub(crate) enum Returned {
    /// It never comes back.
    Never,
    /// A value; the work is done when the function (or async function) returns.
    Value(Judged),
    /// `impl Future`: the work is done when the future is.
    OpaqueFuture(Judged),
    /// `Pin<Box<dyn Future>>`: likewise. The type is the one of the box.
    BoxedFuture(Box<Type>, Judged),
}

/// The value that is judged.
pub(crate) struct Judged {
    /// Its type, with `_` for opaque parts.
    pub(crate) ty: Box<Type>,
    /// Whether the signature hides all of it.
    pub(crate) is_opaque: bool,
    /// Whether the signature hides some of it.
    pub(crate) has_opaque: bool,
}

impl Judged {
    fn new(ty: &Type) -> Self {
        let is_opaque = matches!(uncovered(ty), Type::ImplTrait(_));
        let (ty, has_opaque) = inferred(ty);
        Self { ty: Box::new(ty), is_opaque, has_opaque }
    }
}

impl Returned {
    /// Whether nothing is known about the value that the type is to judge.
    pub(crate) const fn is_opaque(&self) -> bool {
        match self {
            Self::Never => false,
            Self::Value(judged) | Self::OpaqueFuture(judged) | Self::BoxedFuture(_, judged) => {
                judged.is_opaque
            }
        }
    }
}

/// Reads the return type of `signature`.
pub(crate) fn returned(signature: &Signature) -> Result<Returned> {
    let ty = match &signature.output {
        ReturnType::Default => return Ok(Returned::Value(Judged::new(&parse_quote!(())))),
        ReturnType::Type(_, ty) => uncovered(ty),
    };
    if matches!(ty, Type::Never(_)) {
        return Ok(Returned::Never);
    }
    if signature.asyncness.is_some() {
        return Ok(Returned::Value(Judged::new(ty)));
    }
    if let Type::ImplTrait(opaque) = ty
        && let Some(output) = opaque.bounds.iter().find_map(future_output)
    {
        check_future_bounds(opaque)?;
        return Ok(Returned::OpaqueFuture(Judged::new(&output)));
    }
    if let Some(output) = boxed_output(ty) {
        return Ok(Returned::BoxedFuture(Box::new(inferred(ty).0), Judged::new(&output)));
    }
    Ok(Returned::Value(Judged::new(ty)))
}

/// `&mut T` and `Pin<&mut T>`.
pub(crate) fn is_lent(ty: &Type) -> bool {
    let ty = uncovered(ty);
    let pinned = || sole_argument(path_of(ty)?, "Pin").map(uncovered);
    matches!(ty, Type::Reference(_)) || matches!(pinned(), Some(Type::Reference(_)))
}

/// Without parentheses and without the groups that `macro_rules` leave.
fn uncovered(ty: &Type) -> &Type {
    match ty {
        Type::Paren(inner) => uncovered(&inner.elem),
        Type::Group(inner) => uncovered(&inner.elem),
        ty => ty,
    }
}

/// The type as a closure or a `let` may name it: `impl Trait` is left to inference. And whether there was any.
fn inferred(ty: &Type) -> (Type, bool) {
    struct Infer(bool);

    impl VisitMut for Infer {
        fn visit_type_mut(&mut self, ty: &mut Type) {
            if matches!(ty, Type::ImplTrait(_)) {
                *ty = parse_quote!(_);
                self.0 = true;
            } else {
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
    }

    let (mut ty, mut infer) = (ty.clone(), Infer(false));
    infer.visit_type_mut(&mut ty);
    (ty, infer.0)
}

/// `T` of `Future<Output = T>`.
fn future_output(bound: &TypeParamBound) -> Option<Type> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    let last = bound.path.segments.last().filter(|last| last.ident == "Future")?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(binding) if binding.ident == "Output" => Some(binding.ty.clone()),
        _ => None,
    })
}

/// The future is wrapped in an async block, which has the auto traits of its contents and no other trait.
fn check_future_bounds(opaque: &TypeImplTrait) -> Result<()> {
    for bound in &opaque.bounds {
        let TypeParamBound::Trait(bound) = bound else { continue };
        let name = bound.path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
        if !["Future", "Send", "Sync"].contains(&name.as_str()) {
            let message = format!(
                "`#[sli]` wraps this future and cannot keep `{name}`: put the attribute on an `async fn` that this function calls"
            );
            return Err(Error::new_spanned(bound, message));
        }
    }
    Ok(())
}

/// `T` of `Pin<Box<dyn Future<Output = T>>>`, `BoxFuture<'_, T>` and `LocalBoxFuture<'_, T>`.
fn boxed_output(ty: &Type) -> Option<Type> {
    let path = path_of(ty)?;
    let last = path.segments.last()?;
    if last.ident == "BoxFuture" || last.ident == "LocalBoxFuture" {
        return last_type(&last.arguments).cloned();
    }
    let boxed = path_of(sole_argument(path, "Pin")?)?;
    match uncovered(sole_argument(boxed, "Box")?) {
        Type::TraitObject(object) => object.bounds.iter().find_map(future_output),
        _ => None,
    }
}

fn path_of(ty: &Type) -> Option<&Path> {
    match uncovered(ty) {
        Type::Path(path) => Some(&path.path),
        _ => None,
    }
}

/// `T` of a path that ends in `Name<T>`.
fn sole_argument<'a>(path: &'a Path, name: &str) -> Option<&'a Type> {
    let last = path.segments.last().filter(|last| last.ident == name)?;
    last_type(&last.arguments)
}

fn last_type(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(AngleBracketedGenericArguments { args, .. }) = arguments else {
        return None;
    };
    match args.last() {
        Some(GenericArgument::Type(ty)) => Some(ty),
        _ => None,
    }
}
