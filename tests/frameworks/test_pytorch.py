"""The lines of PyTorch that pages show, in float64, against the snippets."""

import numpy as np
import pytest

# --8<-- [start:import]
import torch
# --8<-- [end:import]

from snippets.chance.gradients_of_expectations import gain_slope, mean_gain_slope
from snippets.descent import adam_and_its_family, schedules_and_line_search
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

torch.set_default_dtype(torch.float64)
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of PyTorch, about itself


def students():
    """The features (40, 2) and the marks, as tensors."""
    return map(torch.tensor, of_momentum.raw_hours())


def test_backward_leaves_the_gradient_in_the_shape_of_the_weights():
    X, y = map(torch.tensor, of_gradient.centred_hours())
    # --8<-- [start:gradient]
    w = torch.tensor([40.0, 4.0], dtype=torch.float64, requires_grad=True)
    loss = torch.mean((X @ w - y) ** 2)
    loss.backward()  # adds to w.grad: set that to None before the next time
    # --8<-- [end:gradient]
    assert w.grad.numpy() == pytest.approx(of_gradient.gradient(w.detach().numpy(), X.numpy(), y.numpy()))


def test_jacobian_and_both_products_are_those_of_the_layer():
    W, b, x = torch.tensor(of_jacobian.W), torch.tensor(of_jacobian.B), torch.tensor([0.5, -0.5])
    u, v = torch.tensor([1.0, 2.0]), torch.tensor([-1.0, 3.0])
    # --8<-- [start:jacobian]
    layer = lambda x: torch.tanh(W @ x + b)
    J = torch.func.jacrev(layer)(x)
    _, Jv = torch.func.jvp(layer, (x,), (v,))
    _, pull_back = torch.func.vjp(layer, x)
    (uJ,) = pull_back(u)
    # --8<-- [end:jacobian]
    exact = of_jacobian.layer_jacobian(x.numpy())
    assert J.numpy() == pytest.approx(exact) and Jv.numpy() == pytest.approx(exact @ v.numpy())
    assert uJ.numpy() == pytest.approx(u.numpy() @ exact)


def test_hessian_and_its_product_are_those_of_two_weights():
    r, w, v = of_hessian.correlation(), torch.tensor([0.4, -1.1]), torch.tensor([2.0, 0.5])
    # --8<-- [start:hessian]
    loss = lambda w: 1 - 2 * r * w[0] * w[1] + (w[0] * w[1]) ** 2
    H = torch.func.hessian(loss)(w)
    _, Hv = torch.func.jvp(torch.func.grad(loss), (w,), (v,))  # without H
    # --8<-- [end:hessian]
    exact = of_hessian.two_weights_hessian(w.numpy())
    assert H.numpy() == pytest.approx(exact) and Hv.numpy() == pytest.approx(exact @ v.numpy())


@pytest.mark.parametrize("nesterov", [False, True])
def test_sgd_with_momentum_keeps_the_velocity_of_the_page(nesterov):
    X, y = students()
    w = torch.zeros(2, requires_grad=True)
    # --8<-- [start:momentum]
    optimiser = torch.optim.SGD([w], lr=0.005, momentum=0.9)  # nesterov=True for the other
    # --8<-- [end:momentum]
    if nesterov:
        optimiser = torch.optim.SGD([w], lr=0.005, momentum=0.9, nesterov=True)
    path = [w.detach().numpy().copy()]
    for _ in range(6):
        # --8<-- [start:step]
        optimiser.zero_grad()
        torch.mean((X @ w - y) ** 2).backward()
        optimiser.step()
        # --8<-- [end:step]
        path.append(w.detach().numpy().copy())
    slope = lambda w: of_momentum.gradient(w, X.numpy(), y.numpy())
    if nesterov:  # PyTorch keeps the point ahead: where our w leads with its velocity alone
        ours = of_momentum.nesterov_lookahead(slope, np.zeros(2), 0.005, 0.9, 6)
    else:
        ours = of_momentum.momentum(slope, np.zeros(2), 0.005, 0.9, 6)
    assert np.array(path) == pytest.approx(np.array(ours))


@pytest.mark.parametrize("decay", [0.0, 0.01])
def test_adam_and_adamw_take_the_steps_of_the_page(decay):
    X, y = students()
    w = torch.zeros(2, requires_grad=True)
    # --8<-- [start:adam]
    optimiser = torch.optim.AdamW([w], lr=0.5, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
    # --8<-- [end:adam]
    if not decay:
        optimiser = torch.optim.Adam([w], lr=0.5)
    for _ in range(6):
        optimiser.zero_grad()
        torch.mean((X @ w - y) ** 2).backward()
        optimiser.step()
    slope = lambda w: of_momentum.gradient(w, X.numpy(), y.numpy())
    ours = adam_and_its_family.adamw(slope, np.zeros(2), 0.5, 6, decay=decay)[-1]
    assert w.detach().numpy() == pytest.approx(ours)


def test_a_warm_up_and_a_cosine_are_those_of_the_page():
    optimiser, steps, warm = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.02), 50, 10
    # --8<-- [start:schedule]
    fraction = lambda k: min(1, (k + 1) / warm) * (1 + np.cos(np.pi * k / steps)) / 2
    schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, fraction)
    # after each optimiser.step(): schedule.step()
    # --8<-- [end:schedule]
    rates = []
    for _ in range(steps + 1):
        rates.append(schedule.get_last_lr()[0])
        optimiser.step()
        schedule.step()
    page = schedules_and_line_search
    assert rates == pytest.approx([0.02 * page.cosine(k, steps) * page.warm_up(k, warm) for k in range(steps + 1)])


def test_cross_entropy_takes_logits_and_has_the_slope_of_the_page():
    z, label = torch.tensor([2.0, -1.0, 900.0], requires_grad=True), 1
    # --8<-- [start:classification]
    loss = torch.nn.functional.cross_entropy(z[None], torch.tensor([label]))  # logits, not probabilities
    loss.backward()
    # --8<-- [end:classification]
    assert loss.item() == pytest.approx(softmax_loss(z.detach().numpy(), label))
    assert z.grad.numpy() == pytest.approx(softmax_loss_gradient(z.detach().numpy(), label))


# --8<-- [start:rule]
class SquareRoot(torch.autograd.Function):
    """Newton's loop forward; backward the rule for its result, 1 / (2 sqrt(x)), without the loop."""

    @staticmethod
    def forward(ctx, x):
        root = x.detach().clone()
        for _ in range(60):
            root = (root + x / root) / 2
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, slope):
        (root,) = ctx.saved_tensors
        return slope / (2 * root)
# --8<-- [end:rule]


def test_a_rule_of_ones_own_has_the_slope_of_the_root():
    x = torch.tensor(7.0, requires_grad=True)
    SquareRoot.apply(x).backward()
    assert SquareRoot.apply(x).item() == pytest.approx(7**0.5) and x.grad.item() == pytest.approx(0.5 / 7**0.5)


def test_gradcheck_passes_what_is_right_and_refuses_what_is_not():
    # --8<-- [start:check]
    x = torch.tensor([3.0, 7.0], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(SquareRoot.apply, x)  # in float64, or it fails
    # --8<-- [end:check]

    class Wrong(SquareRoot):
        @staticmethod
        def backward(ctx, slope):
            return SquareRoot.backward(ctx, slope) * 2

    with pytest.raises(RuntimeError, match="Jacobian mismatch"):
        torch.autograd.gradcheck(Wrong.apply, x)


def test_the_two_ways_to_draw_have_the_slopes_of_the_page():
    torch.manual_seed(0)
    gain = lambda hours: 90 - 60 * torch.exp(-hours / 4) - 5 * hours
    # --8<-- [start:draws]
    mean = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)
    hours = torch.distributions.Normal(mean, 1.0)
    path = gain(hours.rsample((10_000,))).mean()  # mean + noise: slopes run through the draw

    drawn = hours.sample((10_000,))  # the draw is a constant
    better = gain(drawn) - gain(drawn).mean()
    score = (better * hours.log_prob(drawn)).mean()  # its slope, not its value, is the estimate
    # --8<-- [end:draws]
    for estimate in (path, score):
        (slope,) = torch.autograd.grad(estimate, mean, retain_graph=True)
        assert slope.item() == pytest.approx(mean_gain_slope(3.0, 1.0), abs=0.2)
    (slope,) = torch.autograd.grad(gain(mean), mean)
    assert slope.item() == pytest.approx(gain_slope(3.0))


def test_a_jacobian_and_a_regression_are_a_step_of_gauss_newton():
    hours, marks = map(torch.tensor, of_curves.curved_class())
    theta = torch.tensor(of_curves.NEAR)
    # --8<-- [start:gauss_newton]
    residuals = lambda theta: theta[0] - theta[1] * torch.exp(-hours / theta[2]) - marks
    J = torch.func.jacfwd(residuals)(theta)  # forward: three parameters, forty residuals
    step = torch.linalg.lstsq(J, -residuals(theta)).solution
    # --8<-- [end:gauss_newton]
    exact = of_curves.class_jacobian(of_curves.NEAR)
    assert J.numpy() == pytest.approx(exact)
    assert step.numpy() == pytest.approx(of_curves.gauss_newton_step(exact, of_curves.class_residuals(of_curves.NEAR)))


def test_l_bfgs_finds_the_minimum_of_who_passes():
    X, y = map(torch.tensor, of_passing.passing())
    # --8<-- [start:lbfgs]
    w = torch.zeros(2, requires_grad=True)
    optimiser = torch.optim.LBFGS([w], max_iter=40, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        loss = torch.nn.functional.binary_cross_entropy_with_logits(X @ w, y)
        loss.backward()
        return loss

    optimiser.step(closure)  # all 40 steps
    # --8<-- [end:lbfgs]
    exact = of_passing.bfgs(of_passing.pass_loss, of_passing.pass_gradient, np.zeros(2), 40, 1e-9)[0][-1]
    assert w.detach().numpy() == pytest.approx(exact, abs=1e-3)


def test_attention_and_its_slopes_are_those_of_the_page():
    arrays = np.random.default_rng(0).normal(size=(4, 5, 3))
    Q, K, V = (torch.tensor(a, requires_grad=True) for a in arrays[:3])
    G = torch.tensor(arrays[3])
    # --8<-- [start:attention]
    out = torch.nn.functional.scaled_dot_product_attention(Q[None], K[None], V[None], is_causal=True)[0]
    out.backward(G)  # then Q.grad, K.grad, V.grad
    # --8<-- [end:attention]
    exact, P = attention(*arrays[:3], causal=True)
    assert out.detach().numpy() == pytest.approx(exact)
    for slope, told in zip((Q.grad, K.grad, V.grad), attention_back(*arrays[:3], P, arrays[3]), strict=True):
        assert slope.numpy() == pytest.approx(told)


def test_normalisations_and_their_slopes_are_those_of_the_page():
    H, G = np.random.default_rng(0).normal(3, 2, (2, 6, 4))
    X = torch.tensor(H, requires_grad=True)
    # --8<-- [start:normalise]
    by_row = torch.nn.functional.layer_norm(X, X.shape[1:], eps=1e-5)
    by_column = torch.nn.functional.batch_norm(X, None, None, training=True, eps=1e-5)
    by_column.backward(torch.tensor(G))  # then X.grad
    # --8<-- [end:normalise]
    Y, s = normalise(H, 0, 1e-5)
    assert by_column.detach().numpy() == pytest.approx(Y) and X.grad.numpy() == pytest.approx(normalise_back(Y, s, G, 0))
    assert by_row.detach().numpy() == pytest.approx(normalise(H, 1, 1e-5)[0])


def test_a_convolution_and_its_slopes_are_those_of_the_page():
    rng = np.random.default_rng(0)
    images, kernels, G = rng.normal(size=(2, 6, 5)), rng.normal(size=(4, 3, 3)), rng.normal(size=(2, 4, 3, 4))
    # --8<-- [start:convolution]
    X, K = (torch.tensor(a[:, None], requires_grad=True) for a in (images, kernels))
    maps = torch.nn.functional.conv2d(X, K)  # not turned round, as here
    maps.backward(torch.tensor(G).permute(0, 3, 1, 2))  # then X.grad and K.grad
    # --8<-- [end:convolution]
    assert maps.detach().permute(0, 2, 3, 1).numpy() == pytest.approx(convolve(images, kernels))
    assert X.grad[:, 0].numpy() == pytest.approx(slopes_by_image(kernels, G)) and K.grad[:, 0].numpy() == pytest.approx(slopes_by_kernel(images, G))


def test_a_recurrent_cell_and_its_slopes_are_those_of_the_page():
    rng = np.random.default_rng(0)
    X, W, U, G = rng.normal(size=(5, 3, 2)), rng.normal(size=(4, 4)), rng.normal(size=(2, 4)), rng.normal(size=(3, 4))
    # --8<-- [start:cell]
    cell = torch.nn.RNN(2, 4, bias=False)  # with tanh; it keeps W and U transposed
    cell.weight_hh_l0.data, cell.weight_ih_l0.data = torch.tensor(W.T), torch.tensor(U.T)
    states, last = cell(torch.tensor(X))
    last[0].backward(torch.tensor(G))  # then cell.weight_hh_l0.grad, cell.weight_ih_l0.grad
    # --8<-- [end:cell]
    exact = run_cell(X, W, U)
    assert states.detach().numpy() == pytest.approx(exact[1:])
    dW, dU = cell_gradients(exact, X, W, U, G)
    assert cell.weight_hh_l0.grad.numpy().T == pytest.approx(dW) and cell.weight_ih_l0.grad.numpy().T == pytest.approx(dU)


def test_products_stops_and_checkpoints_are_those_of_the_page():
    W, h, g = of_programs.long_loop()
    W, h, g = torch.tensor(W, requires_grad=True), torch.tensor(h), torch.tensor(g)
    exact = of_programs.hessian_times(of_programs.valley, [-1.2, 1.0], [1.0, 2.0])
    # --8<-- [start:programs]
    def eight(h):
        for _ in range(8):
            h = torch.tanh(h @ W)
        return h

    valley = lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    point, v = torch.tensor([-1.2, 1.0]), torch.tensor([1.0, 2.0])
    _, product = torch.func.jvp(torch.func.grad(valley), (point,), (v,))  # forward over reverse
    stopped = h.detach()  # a constant from here on
    for _ in range(8):  # 64 steps: keeps each eighth state, and computes the others again
        h = torch.utils.checkpoint.checkpoint(eight, h, use_reentrant=False)
    (h @ g).backward()  # then W.grad
    # --8<-- [end:programs]
    assert product.numpy() == pytest.approx(exact) and not stopped.requires_grad
    assert W.grad.numpy() == pytest.approx(of_programs.walk_back_kept(*of_programs.long_loop(), 64, 8)[0])
