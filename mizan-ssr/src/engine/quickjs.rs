//! The engine QuickJS.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use rquickjs::context::EvalOptions;
use rquickjs::function::{Args, Constructor, Rest};
use rquickjs::{
    CatchResultExt, Context, Ctx, Exception, Function, Object, Persistent, Runtime, TypedArray,
};

use self::memory::{LimitedAllocator, StopFlags};
use super::entry_point::EntryPoint;
use super::host::Host;
use super::host::functions::HOST_FUNCTIONS;
use super::host::value::{HostError, JsValue};
use super::interface::{Engine, EngineError, Interrupter};
use super::module_function::module_function;
use super::scripts::{MAIN_SCRIPT, SCRIPTS, lazy_script};
use crate::modules::Module;

mod memory;

/// One QuickJS runtime.
pub(super) struct QuickJsEngine {
    // Fields drop in order: values before the context, the context before its runtime.
    entry_points: Option<Persistent<Object<'static>>>,
    rejections: Rc<RefCell<Vec<Rejection>>>,
    context: Context,
    runtime: Runtime,
    host: Rc<Host>,
    stop_flags: Arc<StopFlags>,
}

struct Rejection {
    promise: Persistent<rquickjs::Value<'static>>,
    reason: Persistent<rquickjs::Value<'static>>,
}

/// Half of the stack of a render thread.
const STACK_BYTES: usize = 4 << 20;

impl QuickJsEngine {
    pub(super) fn start(host: &Rc<Host>, heap_limit_bytes: usize) -> Result<Self, EngineError> {
        let stop_flags = Arc::new(StopFlags::default());
        let allocator = LimitedAllocator::new(heap_limit_bytes, Arc::clone(&stop_flags));
        let runtime = Runtime::new_with_alloc(allocator).map_err(failed)?;
        runtime.set_max_stack_size(STACK_BYTES);
        let flags = Arc::clone(&stop_flags);
        runtime.set_interrupt_handler(Some(Box::new(move || {
            flags.interrupted.load(Ordering::Relaxed)
        })));
        let rejections = Rc::new(RefCell::new(Vec::<Rejection>::new()));
        let list = Rc::clone(&rejections);
        runtime.set_host_promise_rejection_tracker(Some(Box::new(
            move |ctx, promise, reason, handled| {
                let mut list = list.borrow_mut();
                if handled {
                    list.retain(|rejection| {
                        rejection
                            .promise
                            .clone()
                            .restore(&ctx)
                            .is_ok_and(|known| known != promise)
                    });
                } else {
                    list.push(Rejection {
                        promise: Persistent::save(&ctx, promise),
                        reason: Persistent::save(&ctx, reason),
                    });
                }
            },
        )));
        let context = Context::full(&runtime).map_err(failed)?;
        let mut engine = Self {
            entry_points: None,
            rejections,
            context,
            runtime,
            host: Rc::clone(host),
            stop_flags,
        };
        engine.create_realm()?;
        Ok(engine)
    }

    /// Evaluates the scripts in the context and stores the entry points.
    fn create_realm(&mut self) -> Result<(), EngineError> {
        let host = &self.host;
        let entry_points = self.context.with(|ctx| {
            let created = (|| {
                let host_object = host_object(&ctx, host)?;
                let scripts = Object::new(ctx.clone())?;
                for script in SCRIPTS {
                    let function: Function<'_> = evaluate(&ctx, script.file, script.source)?;
                    scripts.set(script.name, function)?;
                }
                let main: Function<'_> = evaluate(&ctx, MAIN_SCRIPT.file, MAIN_SCRIPT.source)?;
                let entry_points = main.call::<_, Object<'_>>((host_object, scripts))?;
                Ok(Persistent::save(&ctx, entry_points))
            })();
            created.catch(&ctx).map_err(|caught| {
                EngineError::Failed(format!("the renderer's scripts failed: {caught}"))
            })
        })?;
        self.entry_points = Some(entry_points);
        Ok(())
    }

    /// Returns the cause of `error`, if it is a consequence of an interruption or the memory limit.
    fn cause(&self, error: EngineError) -> EngineError {
        if self.stop_flags.out_of_memory.load(Ordering::Relaxed) {
            EngineError::OutOfMemory
        } else if self.stop_flags.interrupted.load(Ordering::Relaxed) {
            EngineError::Interrupted
        } else {
            error
        }
    }
}

/// Creates the object `host`.
fn host_object<'js>(ctx: &Ctx<'js>, host: &Rc<Host>) -> rquickjs::Result<Object<'js>> {
    let object = Object::new(ctx.clone())?;
    for host_function in HOST_FUNCTIONS {
        let host = Rc::clone(host);
        let function = Function::new(
            ctx.clone(),
            move |ctx: Ctx<'_>, arguments: Rest<rquickjs::Value<'_>>| {
                let arguments: Vec<JsValue> = arguments.0.iter().map(from_js).collect();
                host_function
                    .call(&host, &arguments)
                    .map_err(|error| throw(&ctx, &error))
                    .map(ReturnValue)
            },
        )?;
        object.set(host_function.name, function)?;
    }
    let host = Rc::clone(host);
    let compile_module = Function::new(ctx.clone(), move |id: String| CompiledModule {
        host: Rc::clone(&host),
        id,
    })?;
    object.set("compileModule", compile_module)?;
    let evaluate_script = Function::new(ctx.clone(), |name: String| LazyScript(name))?;
    object.set("evaluateScript", evaluate_script)?;
    Ok(object)
}

impl Engine for QuickJsEngine {
    fn call(
        &mut self,
        entry_point: EntryPoint,
        arguments: &[JsValue],
    ) -> Result<JsValue, EngineError> {
        let Some(entry_points) = self.entry_points.clone() else {
            return Err(EngineError::Failed("the realm was not created".into()));
        };
        let result = self.context.with(|ctx| {
            let entry_points = entry_points.restore(&ctx).map_err(failed)?;
            let call = || {
                let function: Function<'_> = entry_points.get(entry_point.name())?;
                let mut args = Args::new(ctx.clone(), arguments.len());
                for argument in arguments {
                    args.push_arg(to_js(&ctx, argument)?)?;
                }
                function.call_arg::<rquickjs::Value<'_>>(args)
            };
            match call() {
                Ok(value) => Ok(from_js(&value)),
                Err(rquickjs::Error::Exception) => Err(describe(&entry_points, ctx.catch())),
                Err(error) => Err(failed(error)),
            }
        });
        // React catches exceptions for lack of memory and continues.
        if self.stop_flags.out_of_memory.load(Ordering::Relaxed) {
            return Err(EngineError::OutOfMemory);
        }
        result.map_err(|error| self.cause(error))
    }

    fn run_microtasks(&mut self) -> Result<(), EngineError> {
        // A microtask that throws rejects its promise, which is reported as a rejection.
        while !matches!(self.runtime.execute_pending_job(), Ok(false)) {
            if self.stop_flags.interrupted.load(Ordering::Relaxed) {
                return Err(self.cause(EngineError::Interrupted));
            }
        }
        Ok(())
    }

    fn take_unhandled_rejections(&mut self) -> Vec<String> {
        let rejections = self.rejections.take();
        let Some(entry_points) = self.entry_points.clone() else {
            return Vec::new();
        };
        self.context.with(|ctx| {
            let Ok(entry_points) = entry_points.restore(&ctx) else {
                return Vec::new();
            };
            rejections
                .into_iter()
                .filter_map(|rejection| rejection.reason.restore(&ctx).ok())
                .filter_map(|reason| match describe(&entry_points, reason) {
                    EngineError::Exception(described) => Some(described),
                    _ => None,
                })
                .collect()
        })
    }

    fn reset_realm(&mut self) -> Result<(), EngineError> {
        self.entry_points = None;
        self.rejections.borrow_mut().clear();
        self.context = Context::full(&self.runtime).map_err(failed)?;
        self.runtime.run_gc();
        self.create_realm()
    }

    fn take_compiled_modules(&mut self) -> Vec<Arc<Module>> {
        // QuickJS compiles fast and does not validate stored bytecode.
        Vec::new()
    }

    fn collect_garbage(&mut self) {
        self.runtime.run_gc();
    }

    fn interrupter(&self) -> Interrupter {
        let flags = Arc::clone(&self.stop_flags);
        Arc::new(move || flags.interrupted.store(true, Ordering::Relaxed))
    }
}

impl Drop for QuickJsEngine {
    fn drop(&mut self) {
        self.entry_points = None;
        self.rejections.borrow_mut().clear();
    }
}

/// The function of a module, compiled when it is converted to a JavaScript value.
struct CompiledModule {
    host: Rc<Host>,
    id: String,
}

impl<'js> rquickjs::IntoJs<'js> for CompiledModule {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        let Some(module) = self.host.loaded_module(&self.id) else {
            return Err(Exception::throw_message(ctx, "the module is not loaded"));
        };
        let (parameters, body) = module_function(&module.transformed);
        let source = format!("(function({}){{{body}\n}})", parameters.join(","));
        evaluate(ctx, &module.id, source)
    }
}

/// A script that is loaded on demand, evaluated when it is converted to a JavaScript value.
struct LazyScript(String);

impl<'js> rquickjs::IntoJs<'js> for LazyScript {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        let Some(script) = lazy_script(&self.0) else {
            return Err(Exception::throw_message(ctx, "there is no such script"));
        };
        evaluate(ctx, script.file, script.source)
    }
}

/// Evaluates a script in sloppy mode and returns its completion value.
fn evaluate<'js, V: rquickjs::FromJs<'js>>(
    ctx: &Ctx<'js>,
    file: &str,
    source: impl Into<Vec<u8>>,
) -> rquickjs::Result<V> {
    let mut options = EvalOptions::default();
    options.strict = false;
    options.filename = Some(file.into());
    ctx.eval_with_options(source, options)
}

fn throw(ctx: &Ctx<'_>, error: &HostError) -> rquickjs::Error {
    match create_exception(ctx, error) {
        Ok(exception) => ctx.throw(exception.into_value()),
        Err(error) => error,
    }
}

fn create_exception<'js>(ctx: &Ctx<'js>, error: &HostError) -> rquickjs::Result<Object<'js>> {
    let exception = if error.is_syntax_error {
        let constructor: Constructor<'js> = ctx.globals().get("SyntaxError")?;
        constructor.construct((error.message.as_str(),))?
    } else {
        Exception::from_message(ctx.clone(), &error.message)?.into_object()
    };
    if let Some(index) = error.module_error {
        exception.set(
            "mizanModule",
            f64::from(u32::try_from(index).unwrap_or(u32::MAX)),
        )?;
    }
    Ok(exception)
}

/// Converts an exception to the form of `describeError`.
fn describe<'js>(entry_points: &Object<'js>, exception: rquickjs::Value<'js>) -> EngineError {
    let described = entry_points
        .get::<_, Function<'_>>(EntryPoint::DescribeError.name())
        .and_then(|describe| describe.call::<_, String>((exception,)));
    match described {
        Ok(described) => EngineError::Exception(described),
        // The entry point catches all exceptions, so memory is exhausted.
        Err(_) => EngineError::OutOfMemory,
    }
}

/// The result of a host function.
struct ReturnValue(JsValue);

impl<'js> rquickjs::IntoJs<'js> for ReturnValue {
    fn into_js(self, ctx: &Ctx<'js>) -> rquickjs::Result<rquickjs::Value<'js>> {
        to_js(ctx, &self.0)
    }
}

fn to_js<'js>(ctx: &Ctx<'js>, value: &JsValue) -> rquickjs::Result<rquickjs::Value<'js>> {
    Ok(match value {
        JsValue::Undefined => rquickjs::Value::new_undefined(ctx.clone()),
        JsValue::Bool(boolean) => rquickjs::Value::new_bool(ctx.clone(), *boolean),
        JsValue::Number(number) => rquickjs::Value::new_number(ctx.clone(), *number),
        JsValue::Text(text) => rquickjs::String::from_str(ctx.clone(), text)?.into_value(),
        JsValue::Bytes(bytes) => TypedArray::<u8>::new_copy(ctx.clone(), bytes)?.into_value(),
    })
}

fn from_js(value: &rquickjs::Value<'_>) -> JsValue {
    if let Some(boolean) = value.as_bool() {
        return JsValue::Bool(boolean);
    }
    if let Some(number) = value.as_number() {
        return JsValue::Number(number);
    }
    if let Some(text) = value.as_string() {
        return JsValue::Text(text.to_string().unwrap_or_default());
    }
    if let Some(array) = value
        .as_object()
        .and_then(|object| object.as_typed_array::<u8>())
    {
        #[expect(
            unsafe_code,
            reason = "rquickjs has no safe access to the bytes of a typed array"
        )]
        // SAFETY: no JavaScript runs before the bytes are copied, so nothing detaches or resizes the buffer.
        let bytes = unsafe { array.as_bytes() };
        return JsValue::Bytes(bytes.unwrap_or_default().to_vec());
    }
    JsValue::Undefined
}

fn failed(error: impl std::fmt::Display) -> EngineError {
    EngineError::Failed(error.to_string())
}
