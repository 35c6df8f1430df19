use deblais::critic::*; use deblais::datasets::Funnels; use deblais::seed::Seed; use ndarray::*;
fn samples(a:&[String]){
 use deblais::{io::*,*}; use std::path::Path;
 let read=|p:&str|Table::read(&Origin::from(Path::new(p))).unwrap().into_matrix().unwrap();
 let g=|i:usize,d:f64|->f64{a.get(i).map_or(d,|s|s.parse().unwrap())};
 let (p,q,hp,hq)=match &a[2][..]{
  "ten"=>{let mut s=Seed(5).stream("ten"); let mut n=|k:usize,m:f64|Array2::from_shape_fn((k,10),|(_,j)|s.normal()+if j==0{m}else{0.}); (n(512,0.),n(512,1.),n(4096,0.),n(4096,1.))}
  "digits"|"half"=>{let d=read("examples/data/digits.csv"); let of=|l:f64|{let r:Vec<usize>=(0..d.nrows()).filter(|&i|d[(i,0)]==l).collect(); d.select(Axis(0),&r).slice(s![..,1..]).mapv(|v|v/16.)};
   let (p,q)=(of(3.),of(8.)); if a[2]=="half" {(p.slice(s![..;2,..]).to_owned(),q.slice(s![..;2,..]).to_owned(),p.slice(s![1..;2,..]).to_owned(),q.slice(s![1..;2,..]).to_owned())} else {(p.clone(),q.clone(),p,q)}}
  n=>{let [p,q]=["P","Q"].map(|s|read(&format!("tests/data/critic/{n}_{s}.csv")));(p.clone(),q.clone(),p,q)}};
 let (p,q)=(DiscreteMeasure::uniform(p).unwrap(),DiscreteMeasure::uniform(q).unwrap());
 let pr=OtProblem::new(&p,&q,Euclidean).unwrap();
 let w=Method::Auto.solver(&pr).solve(&pr,&mut ()).unwrap().certify(&pr).certificate.upper;
 let t=TrainLattice{kind:"lattice",groups:g(3,32.) as usize,pieces:g(4,16.) as usize,alternate:g(5,1.)!=0.,start:if g(6,0.)==0.{Start::Points}else{Start::Cube(g(6,0.))},steps:g(7,2000.) as u64,rate:Rate::OfTemperature(g(8,0.3)),cold:1.,temperatures:(g(9,0.05),g(10,0.00005)),batch:2048,seed:Seed(g(11,1.) as u64)};
 let t0=std::time::Instant::now();
 let r=t.train(&p,&q,&mut ()).unwrap();
 let e=t0.elapsed().as_secs_f64();
 let m=|x:ArrayView2<f64>|r.critic.values(x).unwrap().mean().unwrap();
 let v=judge(&r.critic,&pr,p.support(),q.support(),&Euclidean).unwrap();
 println!("{} W {w:.5} est {:+.5} polished {:+.5} held {:.4} pairs {:.9} wall {e:.1}",a[2..].join(" "),v.estimate/w-1.,v.polished_lower/w-1.,m(hp.view())-m(hq.view()),v.lipschitz_pairs);
}
fn main(){
 let a:Vec<String>=std::env::args().collect();
 if a[1]=="samples" {return samples(&a);}
 let g=|i:usize,d:f64|->f64{a.get(i).map_or(d,|s|s.parse().unwrap())};
 let (d,n,k,steps,rows)=(g(1,16.) as usize,g(2,64.) as usize,g(3,256.) as usize,g(4,500.) as u64,g(5,1024.) as usize);
 let mut tr=TrainLattice::cones(k); tr.steps=steps; tr.rate=Rate::Falling(g(6,0.03)); tr.start=Start::Cube(g(7,0.75)); tr.temperatures=(g(8,0.5),g(9,0.01));
 let f=Funnels::new(d,n,&mut Seed(g(10,1.) as u64).stream("funnels"));
 let mut st=Seed(1).stream("batches");
 let mut b=FreshBatches::new(rows,d,|x,y|{ let (p,_)=f.pairs(rows,&mut st); let q=f.target(rows,&mut st); x.zip_mut_with(&p,|x,p|*x=*p as f32); y.zip_mut_with(&q,|x,p|*x=*p as f32);});
 let t=std::time::Instant::now(); for _ in 0..20 {b.next();} println!("draw {:.2} ms",t.elapsed().as_secs_f64()*50.);
 let t=std::time::Instant::now();
 let r={let (x,y)=f.pairs(512,&mut Seed(7).stream("val")); let [x,y]=[x,y].map(|x|deblais::DiscreteMeasure::uniform(x).unwrap()); tr.train_on(&mut b,&Frame::new(Array1::zeros(d),1.).unwrap(),(&x,&y),&mut ())}.unwrap();
 let e=t.elapsed().as_secs_f64();
 let (x,y)=f.pairs(8192,&mut Seed(1).stream("held"));
 let w=(&x-&y).map_axis(Axis(1),|r|r.dot(&r).sqrt()).mean().unwrap();
 let v=r.critic.values(x.view()).unwrap().mean().unwrap()-r.critic.values(y.view()).unwrap().mean().unwrap();
 let (ga,gb)=(r.critic.gradients(x.view()).unwrap(),f.critic_gradients(x.view()));
 let c=(&ga*&gb).sum()/x.nrows() as f64;
 println!("W {w:.4} est {v:.4} err {:+.4} cos {c:.4} L2 {:.4} {e:.1}s {:.2} ms/step",v/w-1.,2.-2.*c,e*1e3/steps as f64);
 if a.len()>11 { for m in r.history.iter().step_by(5){print!("{}:{:.3} ",m.step,m.estimate)} println!(); }
}
