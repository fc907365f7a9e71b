"""What the search of the built site answers to learners, asked as it is asked on the page: by its own worker."""

import gzip
import json
import re

import pytest
from playwright.sync_api import expect

from snippets._build.pages.markdown import glossary_of
from tests.site.conftest import DOCS, search
from tests.site.test_site import CONCEPTS

pytestmark = pytest.mark.browser

# What people type, and the pages of which one must be among the first three.
QUESTIONS = """
derivative: derivatives/derivatives-and-slopes
what is a derivative: derivatives/derivatives-and-slopes
derivative of relu: networks/vanishing-gradients
relu at zero: derivatives/derivatives-and-slopes networks/vanishing-gradients networks/automatic-differentiation
why divide by n: descent/losses-for-regression gradients/matrix-calculus derivatives/minima-and-maxima
learning rate too high: descent/learning-rate
learning rate too small: descent/learning-rate
nabla: gradients/gradient notation
softmax derivative: gradients/jacobian descent/losses-for-classification
saddle point: gradients/hessian
d/dx: notation derivatives/derivatives-and-slopes derivatives/rules-of-differentiation
log sum exp: descent/losses-for-classification
adam vs sgd: descent/comparing-methods
jacobian vs gradient: gradients/jacobian
MSE: descent/losses-for-regression
mean squared error: descent/losses-for-regression
l2 regularization: gradients/matrix-calculus
ridge regression: gradients/matrix-calculus
weight decay: descent/adam-and-its-family
tanh derivative: derivatives/rules-of-differentiation networks/backpropagation
sigmoid derivative: derivatives/rules-of-differentiation
numpy gradient: derivatives/numerical-derivatives
product rule: derivatives/rules-of-differentiation
matrix multiplication: gradients/vectors-and-matrices
dot product: gradients/vectors-and-matrices glossary
what is an eigenvector: gradients/vectors-and-matrices gradients/hessian
broadcasting: gradients/vectors-and-matrices
chain rule: gradients/chain-rule
partial derivative: gradients/partial-derivatives
curly d: gradients/partial-derivatives notation
gradient descent: descent/gradient-descent
stochastic gradient descent: descent/stochastic-gradient-descent
mini batch: descent/stochastic-gradient-descent
batch size: descent/stochastic-gradient-descent
momentum: descent/momentum
adam optimizer: descent/adam-and-its-family
rmsprop: descent/adam-and-its-family
newton's method: descent/newtons-method
second derivative test: derivatives/minima-and-maxima gradients/hessian
taylor series: derivatives/taylor-approximation
cross entropy: descent/losses-for-classification
binary cross entropy: descent/losses-for-classification
huber loss: descent/losses-for-regression
mae vs mse: descent/losses-for-regression
backprop: networks/backpropagation
autodiff: networks/automatic-differentiation
autograd: networks/automatic-differentiation
vanishing gradient: networks/vanishing-gradients
exploding gradients: networks/vanishing-gradients
gradient clipping: networks/vanishing-gradients
gradient check: networks/checking-gradients
finite differences: derivatives/numerical-derivatives
central difference: derivatives/numerical-derivatives
complex step: derivatives/numerical-derivatives
he initialization: networks/vanishing-gradients
feature scaling: descent/scaling-and-conditioning
normalize features: descent/scaling-and-conditioning
condition number: descent/scaling-and-conditioning
learning rate schedule: descent/schedules-and-line-search
warmup: descent/schedules-and-line-search
line search: descent/schedules-and-line-search
convex function: gradients/convexity
local minimum: derivatives/minima-and-maxima gradients/convexity
eigenvalues of hessian: gradients/hessian
matrix derivative: gradients/matrix-calculus
normal equation: gradients/matrix-calculus networks/linear-regression
logistic regression gradient: networks/logistic-regression
linear regression: networks/linear-regression
steepest descent: gradients/gradient descent/gradient-descent
directional derivative: gradients/gradient
loss is nan: what-goes-wrong descent/losses-for-classification descent/learning-rate
dual numbers: networks/automatic-differentiation
forward mode reverse mode: networks/automatic-differentiation
least squares: networks/linear-regression gradients/matrix-calculus
how to choose learning rate: descent/learning-rate descent/schedules-and-line-search descent/comparing-methods
what is a gradient: gradients/gradient
why does adam work: descent/adam-and-its-family
how does backpropagation work: networks/backpropagation
positive definite: gradients/hessian glossary
slope of a curve: derivatives/derivatives-and-slopes
outliers: descent/losses-for-regression
maximum likelihood: descent/losses-for-regression descent/losses-for-classification
taylor polynomial: derivatives/taylor-approximation
hessian matrix: gradients/hessian
why is my loss going up: descent/learning-rate
local minima neural network: gradients/convexity derivatives/minima-and-maxima networks/backpropagation
dead relu: networks/vanishing-gradients
pytorch: networks/automatic-differentiation
derivative of sigmoid: derivatives/rules-of-differentiation
derivative of softmax: gradients/jacobian descent/losses-for-classification
gradient of mse: descent/losses-for-regression descent/gradient-descent networks/linear-regression
l1 loss: descent/losses-for-regression
log loss: descent/losses-for-classification
learning rate decay: descent/schedules-and-line-search
integral: chance/integrals-and-areas glossary
fundamental theorem of calculus: chance/integrals-and-areas
trapezoidal rule: chance/integrals-and-areas
auc: chance/integrals-and-areas glossary
roc curve: chance/integrals-and-areas glossary
expected value: chance/expectation-and-monte-carlo glossary
monte carlo: chance/expectation-and-monte-carlo glossary
standard error: chance/expectation-and-monte-carlo glossary
control variate: chance/expectation-and-monte-carlo glossary
kl divergence: chance/expectation-and-monte-carlo
curse of dimensionality: chance/expectation-and-monte-carlo
change of variables: chance/change-of-variables glossary
box muller: chance/change-of-variables
normalizing flow: chance/change-of-variables
jacobian determinant: chance/change-of-variables gradients/jacobian
inverse transform sampling: chance/change-of-variables
reparameterization trick: chance/gradients-of-expectations
score function: chance/gradients-of-expectations glossary
reinforce: chance/gradients-of-expectations
policy gradient: chance/gradients-of-expectations
straight-through estimator: chance/gradients-of-expectations
fisher information: chance/fisher-information glossary
natural gradient: chance/fisher-information glossary
maximum likelihood: chance/fisher-information glossary descent/losses-for-classification
multivariate gaussian: chance/fisher-information
precision matrix: chance/fisher-information glossary
convergence rate: optimisers/convergence-rates
lipschitz: optimisers/convergence-rates glossary
strongly convex: optimisers/convergence-rates glossary
subgradient: optimisers/subgradients glossary
lasso: optimisers/subgradients glossary
conjugate gradient: optimisers/conjugate-gradients glossary
krylov: optimisers/conjugate-gradients glossary
hessian-free: optimisers/conjugate-gradients gradients/hessian
preconditioning: optimisers/conjugate-gradients glossary
bfgs: optimisers/quasi-newton glossary
l-bfgs: optimisers/quasi-newton glossary
wolfe conditions: optimisers/quasi-newton glossary
secant method: optimisers/quasi-newton glossary
edge of stability: optimisers/stable-training descent/learning-rate glossary
sharpness: optimisers/stable-training glossary
gradient flow: optimisers/stable-training glossary
critical batch size: optimisers/stable-training glossary
learning rate warmup: optimisers/stable-training descent/schedules-and-line-search
loss spike: optimisers/stable-training
attention: layers/softmax-and-attention glossary
softmax backward: layers/softmax-and-attention
scaled dot product: layers/softmax-and-attention
causal mask: layers/softmax-and-attention glossary
transformer: layers/softmax-and-attention
batch norm: layers/normalisation-and-residual-connections glossary
layer norm backward: layers/normalisation-and-residual-connections
residual connection: layers/normalisation-and-residual-connections glossary
resnet: layers/normalisation-and-residual-connections
convolution: layers/convolution glossary
conv2d backward: layers/convolution
transposed convolution: layers/convolution glossary
weight sharing: layers/convolution
translation invariance: layers/convolution
max pooling: layers/convolution
rnn: layers/through-time
backpropagation through time: layers/through-time glossary
spectral radius: layers/through-time glossary
truncated bptt: layers/through-time
lstm: layers/through-time
gradient checkpointing: networks/differentiating-programs
stop gradient: networks/differentiating-programs glossary
nan gradient: networks/differentiating-programs
forward over reverse: networks/differentiating-programs networks/automatic-differentiation
batch norm inference: layers/normalisation-and-residual-connections
gauss-newton: optimisers/gauss-newton glossary
levenberg marquardt: optimisers/gauss-newton glossary
nonlinear least squares: optimisers/gauss-newton
curve fitting: optimisers/gauss-newton
l1 regularization: optimisers/subgradients
soft thresholding: optimisers/subgradients glossary
derivative of absolute value: optimisers/subgradients derivatives/derivatives-and-slopes descent/losses-for-regression
nesterov acceleration: optimisers/convergence-rates descent/momentum
descent lemma: optimisers/convergence-rates glossary
implicit function theorem: constraints/implicit-differentiation
lagrangian: constraints/lagrange-multipliers glossary
constrained optimization: constraints/lagrange-multipliers
kkt: constraints/lagrange-multipliers glossary
shadow price: constraints/lagrange-multipliers
projected gradient descent: constraints/lagrange-multipliers glossary
derivative of argmin: constraints/implicit-differentiation
differentiate through training loop: constraints/implicit-differentiation
how to choose the penalty: constraints/implicit-differentiation networks/logistic-regression
"""
ASK = """async ([worker, index, questions]) => {
  const search = new Worker(worker)
  const answer = message => new Promise(resolve => { search.onmessage = event => resolve(event.data); search.postMessage(message) })
  await answer({ type: 0, data: { config: index.config, docs: index.docs, options: { suggest: true } } })
  const found = {}
  for (const question of questions) {
    const { data } = await answer({ type: 2, data: question })
    found[question] = data.items.map(page => page[0].location)
  }
  search.terminate()
  return found
}"""


@pytest.fixture(scope="module")
def index(site):
    return json.loads((site / "search/search_index.json").read_text("utf-8"))


@pytest.fixture
def answers(visit, site, address, index):
    """A function that asks many questions: for each, the best place of each page that was found, the best page first."""
    (worker,) = (site / "assets/javascripts/workers").glob("search.*.js")

    def answers(questions):
        page = visit("")
        page.wait_for_load_state()
        return page.evaluate(ASK, [address + worker.relative_to(site).as_posix(), index, list(questions)])

    return answers


def test_questions_of_learners_lead_to_the_page_that_answers_them(answers):
    wanted = {question: pages.split() for question, pages in (line.split(": ") for line in QUESTIONS.split("\n") if line)}
    assert len(wanted) > 80
    for pages in wanted.values():
        assert all((DOCS / f"{page}.md").is_file() for page in pages)
    missed = {}
    for question, places in answers(wanted).items():
        first = [re.sub(r"/(#.*)?$", "", place) for place in places[:3]]
        if not set(first) & set(wanted[question]):
            missed[question] = first
    assert missed == {}


def test_whoever_types_a_term_gets_its_definition_first(answers, site):
    terms = glossary_of((DOCS / "glossary.md").read_text("utf-8"))
    anchors = {term: re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", term.lower())) for term in terms}
    page = (site / "glossary/index.html").read_text("utf-8")
    assert [anchor for anchor in anchors.values() if f'<dt id="{anchor}">' not in page] == []
    found = answers(terms)
    assert {term: places[:1] for term, places in found.items() if places[:1] != [f"glossary/#{anchors[term]}"]} == {}


def test_the_index_comes_when_someone_is_about_to_search(visit):
    page, asked = visit(""), []
    page.on("request", lambda request: asked.append(request.url.split("/")[-1]))
    page.reload()
    page.wait_for_load_state("networkidle")
    assert "site.js" in asked and "search_index.json" not in asked
    with page.expect_response("**/search_index.json"):
        page.keyboard.press("/")
        page.keyboard.type("nabla")
    expect(page.locator(".md-search-result__link").first).to_have_attribute("href", re.compile("/gradients/gradient/"))


def test_the_word_that_was_searched_is_marked_on_a_page_that_is_opened_with_it(visit):
    page = visit("descent/learning-rate/?h=overshooting")
    expect(page.locator("mark[data-md-highlight]").first).to_have_text("overshooting", ignore_case=True)


def test_the_search_field_asks_without_small_words(visit):
    page = visit("")
    links = search(page, "what is a derivative")
    assert "/glossary/" in links.first.get_attribute("href")
    assert page.locator(".md-search-result__item [href*='/derivatives/']").count() > 0


def test_the_index_is_light_and_holds_no_code_but_names(site, index):
    text = (site / "search/search_index.json").read_bytes()
    assert len(gzip.compress(text, 9)) <= 120 * 1024 * len(CONCEPTS) / 29  # 120 KiB when there were 29
    everything = " ".join(entry["text"] for entry in index["docs"])
    assert "directional_derivative" in everything
    assert not re.search(r"plt\.|import numpy|    return|figure_|print_|test_", everything)
