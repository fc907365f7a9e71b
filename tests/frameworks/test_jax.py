"""The lines of JAX that pages show, in float64, against the snippets."""

import numpy as np
import pytest

# --8<-- [start:double]
import jax
import jax.numpy as jnp

jax.config.update("jax_enable_x64", True)  # float32 otherwise
# --8<-- [end:double]

# --8<-- [start:checker]
from jax.test_util import check_grads
# --8<-- [end:checker]

from snippets.chance.gradients_of_expectations import mean_gain_slope
from snippets.descent import momentum as of_momentum
from snippets.descent.losses_for_classification import softmax_loss, softmax_loss_gradient
from snippets.gradients import gradient as of_gradient
from snippets.gradients import hessian as of_hessian
from snippets.gradients import jacobian as of_jacobian
from snippets.layers.softmax_and_attention import attention, attention_back
from snippets.layers.through_time import cell_gradients, run_cell
from snippets.networks import differentiating_programs as of_programs
from snippets.layers.convolution import convolve, slopes_by_image, slopes_by_kernel
from snippets.layers.normalisation_and_residual_connections import normalise, normalise_back
from snippets.optimisers import gauss_newton as of_curves
from snippets.optimisers import quasi_newton as of_passing


def test_grad_is_the_gradient_in_the_shape_of_the_weights():
    X, y = of_gradient.centred_hours()
    # --8<-- [start:gradient]
    loss = lambda w: jnp.mean((X @ w - y) ** 2)
    slope = jax.grad(loss)(jnp.array([40.0, 4.0]))
    # --8<-- [end:gradient]
    assert slope == pytest.approx(of_gradient.gradient(np.array([40.0, 4.0]), X, y))


def test_jacobian_and_both_products_are_those_of_the_layer():
    W, b, x, u, v = of_jacobian.W, of_jacobian.B, jnp.array([0.5, -0.5]), jnp.array([1.0, 2.0]), jnp.array([-1.0, 3.0])
    # --8<-- [start:jacobian]
    layer = lambda x: jnp.tanh(W @ x + b)
    J = jax.jacrev(layer)(x)
    _, Jv = jax.jvp(layer, (x,), (v,))
    _, pull_back = jax.vjp(layer, x)
    (uJ,) = pull_back(u)
    # --8<-- [end:jacobian]
    exact = of_jacobian.layer_jacobian(np.array(x))
    assert np.array(J) == pytest.approx(exact) and Jv == pytest.approx(exact @ v) and uJ == pytest.approx(u @ exact)


def test_hessian_and_its_product_are_those_of_two_weights():
    r, w, v = of_hessian.correlation(), jnp.array([0.4, -1.1]), jnp.array([2.0, 0.5])
    # --8<-- [start:hessian]
    loss = lambda w: 1 - 2 * r * w[0] * w[1] + (w[0] * w[1]) ** 2
    H = jax.hessian(loss)(w)
    _, Hv = jax.jvp(jax.grad(loss), (w,), (v,))  # without H
    # --8<-- [end:hessian]
    exact = of_hessian.two_weights_hessian(np.array(w))
    assert np.array(H) == pytest.approx(exact) and Hv == pytest.approx(exact @ v)


def test_the_loops_of_the_pages_take_a_gradient_of_jax():
    X, y = of_momentum.raw_hours()
    momentum = of_momentum.momentum
    # --8<-- [start:momentum]
    loss = lambda w: jnp.mean((X @ w - y) ** 2)
    path = momentum(jax.grad(loss), jnp.zeros(2), 0.005, 0.9, 6)
    # --8<-- [end:momentum]
    ours = of_momentum.momentum(lambda w: of_momentum.gradient(w, X, y), np.zeros(2), 0.005, 0.9, 6)
    assert path == pytest.approx(ours)


def test_cross_entropy_by_log_softmax_has_the_slope_of_the_page():
    z, label = jnp.array([2.0, -1.0, 900.0]), 1
    # --8<-- [start:classification]
    loss = lambda z: -jax.nn.log_softmax(z)[label]
    slope = jax.grad(loss)(z)
    # --8<-- [end:classification]
    assert float(loss(z)) == pytest.approx(softmax_loss(np.array(z), label))
    assert slope == pytest.approx(softmax_loss_gradient(np.array(z), label))


# --8<-- [start:rule]
@jax.custom_vjp
def square_root(x):
    """Newton's loop forward; backward the rule for its result, without the loop."""
    return jax.lax.fori_loop(0, 60, lambda _, root: (root + x / root) / 2, x)


def forward(x):
    root = square_root(x)
    return root, root  # the result, and what the rule needs


square_root.defvjp(forward, lambda root, slope: (slope / (2 * root),))
# --8<-- [end:rule]


def test_a_rule_of_ones_own_has_the_slope_of_the_root():
    assert float(square_root(7.0)) == pytest.approx(7**0.5) and float(jax.grad(square_root)(7.0)) == pytest.approx(0.5 / 7**0.5)


def test_check_grads_passes_what_is_right_and_refuses_what_is_not():
    # --8<-- [start:check]
    check_grads(square_root, (7.0,), order=1, modes=["rev"])
    # --8<-- [end:check]
    wrong = jax.custom_vjp(lambda x: x**0.5)
    wrong.defvjp(lambda x: (x**0.5, x), lambda x, slope: (slope * x**-0.5,))
    with pytest.raises(AssertionError):
        check_grads(wrong, (jnp.array([7.0]),), order=1, modes=["rev"])


def test_the_two_ways_to_draw_have_the_slopes_of_the_page():
    gain = lambda hours: 90 - 60 * jnp.exp(-hours / 4) - 5 * hours
    # --8<-- [start:draws]
    z = jax.random.normal(jax.random.key(0), 10_000)
    path = lambda mean: jnp.mean(gain(mean + z))  # slopes run through the draw

    drawn = jax.lax.stop_gradient(3.0 + z)  # the draw is a constant
    better = gain(drawn) - gain(drawn).mean()
    score = lambda mean: jnp.mean(better * jax.scipy.stats.norm.logpdf(drawn, mean))
    slopes = jax.grad(path)(3.0), jax.grad(score)(3.0)
    # --8<-- [end:draws]
    assert slopes == pytest.approx((mean_gain_slope(3.0, 1.0),) * 2, abs=0.2)


def test_a_jacobian_and_a_regression_are_a_step_of_gauss_newton():
    hours, marks = of_curves.curved_class()
    theta = jnp.array(of_curves.NEAR)
    # --8<-- [start:gauss_newton]
    residuals = lambda theta: theta[0] - theta[1] * jnp.exp(-hours / theta[2]) - marks
    J = jax.jacfwd(residuals)(theta)  # forward: three parameters, forty residuals
    step = jnp.linalg.lstsq(J, -residuals(theta))[0]
    # --8<-- [end:gauss_newton]
    exact = of_curves.class_jacobian(of_curves.NEAR)
    assert np.array(J) == pytest.approx(exact)
    assert np.array(step) == pytest.approx(of_curves.gauss_newton_step(exact, of_curves.class_residuals(of_curves.NEAR)))


def test_conjugate_gradients_solve_least_squares():
    X, y = of_momentum.raw_hours()
    # --8<-- [start:conjugate_gradients]
    from jax.scipy.sparse.linalg import cg

    product = lambda v: X.T @ (X @ v)
    w, _ = cg(product, X.T @ y, tol=1e-10)
    # --8<-- [end:conjugate_gradients]
    assert np.array(w) == pytest.approx(of_momentum.least_squares(X, y))


def test_the_l_bfgs_of_scipy_takes_a_gradient_of_jax():
    X, y = of_passing.passing()
    # --8<-- [start:lbfgs]
    from scipy.optimize import minimize

    loss = lambda w: jnp.mean(jnp.logaddexp(0, (1 - 2 * y) * (X @ w)))
    found = minimize(jax.value_and_grad(loss), jnp.zeros(2), jac=True, method="L-BFGS-B")
    # --8<-- [end:lbfgs]
    exact = of_passing.bfgs(of_passing.pass_loss, of_passing.pass_gradient, np.zeros(2), 40, 1e-9)[0][-1]
    assert found.x == pytest.approx(exact, abs=1e-3)


def test_attention_and_its_slopes_are_those_of_the_page():
    Q, K, V, G = np.random.default_rng(0).normal(size=(4, 5, 3))
    # --8<-- [start:attention]
    head = lambda q, k, v: jax.nn.dot_product_attention(q[:, None], k[:, None], v[:, None], is_causal=True)[:, 0]
    out, pull_back = jax.vjp(head, Q, K, V)  # (n, d) each; the head is an axis of its own
    dQ, dK, dV = pull_back(G)
    # --8<-- [end:attention]
    exact, P = attention(Q, K, V, causal=True)
    assert np.array(out) == pytest.approx(exact)
    for slope, told in zip((dQ, dK, dV), attention_back(Q, K, V, P, G), strict=True):
        assert np.array(slope) == pytest.approx(told)


def test_normalisations_and_their_slopes_are_those_of_the_page():
    H, G = np.random.default_rng(0).normal(3, 2, (2, 6, 4))
    # --8<-- [start:normalise]
    by_row = jax.nn.standardize(H, axis=1, epsilon=1e-5)
    by_column, pull_back = jax.vjp(lambda H: jax.nn.standardize(H, axis=0, epsilon=1e-5), H)
    (slopes,) = pull_back(G)
    # --8<-- [end:normalise]
    Y, s = normalise(H, 0, 1e-5)
    assert np.array(by_column) == pytest.approx(Y) and np.array(slopes) == pytest.approx(normalise_back(Y, s, G, 0))
    assert np.array(by_row) == pytest.approx(normalise(H, 1, 1e-5)[0])


def test_a_convolution_and_its_slopes_are_those_of_the_page():
    rng = np.random.default_rng(0)
    images, kernels, G = rng.normal(size=(2, 6, 5)), rng.normal(size=(4, 3, 3)), rng.normal(size=(2, 4, 3, 4))
    # --8<-- [start:convolution]
    layer = lambda X, K: jax.lax.conv(X, K, window_strides=(1, 1), padding="VALID")
    maps, pull_back = jax.vjp(layer, images[:, None], kernels[:, None])
    by_X, by_K = pull_back(jnp.moveaxis(G, 3, 1))
    # --8<-- [end:convolution]
    assert np.moveaxis(np.array(maps), 1, 3) == pytest.approx(convolve(images, kernels))
    assert np.array(by_X)[:, 0] == pytest.approx(slopes_by_image(kernels, G)) and np.array(by_K)[:, 0] == pytest.approx(slopes_by_kernel(images, G))


def test_a_recurrent_cell_and_its_slopes_are_those_of_the_page():
    rng = np.random.default_rng(0)
    X, W, U, G = rng.normal(size=(5, 3, 2)), rng.normal(size=(4, 4)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    # --8<-- [start:cell]
    step = lambda weights: lambda h, x: (jnp.tanh(h @ weights[0] + x @ weights[1]), None)
    last = lambda *weights: jax.lax.scan(step(weights), jnp.zeros((3, 4)), X)[0]
    h, pull_back = jax.vjp(last, W, U)  # scan is the loop; it is gone back through as a whole
    dW, dU = pull_back(G)
    # --8<-- [end:cell]
    exact = run_cell(X, W, U)
    assert np.array(h) == pytest.approx(exact[-1])
    for slope, told in zip((dW, dU), cell_gradients(exact, X, W, U, G), strict=True):
        assert np.array(slope) == pytest.approx(told)


def test_products_stops_and_checkpoints_are_those_of_the_page():
    W, h, g = of_programs.long_loop()
    exact = of_programs.hessian_times(of_programs.valley, [-1.2, 1.0], [1.0, 2.0])
    # --8<-- [start:programs]
    valley = lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    _, product = jax.jvp(jax.grad(valley), (jnp.array([-1.2, 1.0]),), (jnp.array([1.0, 2.0]),))
    stopped = jax.grad(lambda x: x * jax.lax.stop_gradient(x))(3.0)  # 3, not 6
    eight = jax.checkpoint(lambda h, W: jax.lax.fori_loop(0, 8, lambda _, h: jnp.tanh(h @ W), h))
    end = lambda W: jax.lax.fori_loop(0, 8, lambda _, h: eight(h, W), h) @ g  # keeps each eighth state
    slopes = jax.grad(end)(W)
    # --8<-- [end:programs]
    assert np.array(product) == pytest.approx(exact) and stopped == 3
    assert np.array(slopes) == pytest.approx(of_programs.walk_back_kept(*of_programs.long_loop(), 64, 8)[0])
